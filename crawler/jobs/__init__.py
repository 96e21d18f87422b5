"""Jobs: their files, what they cost, their runs."""
