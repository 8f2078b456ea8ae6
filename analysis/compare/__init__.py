"""Compare two sides: two results in, ratios and verdicts out."""
