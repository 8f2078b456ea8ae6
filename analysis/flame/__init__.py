"""Flame graphs: stacks of functions in; text, tables, pictures and other viewers' files out."""
