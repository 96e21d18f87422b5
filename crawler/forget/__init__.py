"""Remove a user or a work from the archive and its captures, for good: identify, block, delete rows, redact."""
