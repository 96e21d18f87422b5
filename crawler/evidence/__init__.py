"""Conclusions that the archive may draw from its rows: pure, rows in and decisions out."""
