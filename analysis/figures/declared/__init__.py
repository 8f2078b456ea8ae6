"""Declare the figures, a module for each subject: which table, how it is drawn, what it shows."""
