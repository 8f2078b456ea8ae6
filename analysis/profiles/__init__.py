"""Profiles: a profile file in; tables, sentences and pictures of where the time goes out."""
