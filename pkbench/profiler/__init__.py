"""Explain what a case costs: cases in; counts, samples and timelines in a profile file out."""
