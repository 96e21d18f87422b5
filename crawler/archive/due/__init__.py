"""Find the archived pages of each target, and the next page to request."""
