"""Actions on one's own account."""
