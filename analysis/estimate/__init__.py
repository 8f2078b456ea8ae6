"""Estimate costs: checked results in, figures with their intervals out."""
