"""Write pages: merge their rows with those that are stored."""
