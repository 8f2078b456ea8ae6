"""Derive the tables that figures, texts and pages share: estimates in, tidy tables out."""
