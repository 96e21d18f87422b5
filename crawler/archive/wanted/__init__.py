"""What the user follows: tracked things, re-checks, the random sample."""
