"""Draw tables with matplotlib: tidy tables in, figures out. Nothing here computes a result."""
