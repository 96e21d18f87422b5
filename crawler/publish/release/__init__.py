"""A release: the archive as files that others open, trust and cite, and back into an archive."""
