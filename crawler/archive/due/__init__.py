"""What of each target is archived, so what is due."""
