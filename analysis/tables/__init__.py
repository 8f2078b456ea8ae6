"""Lay out tables: estimates in, rows of text for Markdown, LaTeX, CSV and JSON out."""
