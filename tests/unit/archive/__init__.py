"""Pure tests of crawler/archive."""
