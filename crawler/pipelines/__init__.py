"""Pages into the archive."""
