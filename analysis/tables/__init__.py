"""Lay out tables: derived tables in; Markdown, LaTeX, CSV, JSON and aligned text out."""
