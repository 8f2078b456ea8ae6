"""Profiles: what a case's cost is made of, from the profile file to words and pictures."""
