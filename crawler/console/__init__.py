"""Begin, show and end commands."""
