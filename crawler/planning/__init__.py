"""From arguments to targets, before any request."""
