"""What the archive may conclude from what it holds: pure, rows in and decisions out."""
