"""Removing a person or a work from the archive and its captures, for good."""
