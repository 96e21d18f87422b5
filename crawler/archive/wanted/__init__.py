"""Works and lists that the user follows: tracked things, re-checks, the random sample."""
