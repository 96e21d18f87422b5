"""Which pages of each target are archived, and which to request next."""
