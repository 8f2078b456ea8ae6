"""Derive the tables that figures, text and page share: estimates in, rows to show out."""
