"""Pure tests of crawler/fetch."""
