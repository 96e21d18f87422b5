"""The item: what was requested, and all that one response contains."""
