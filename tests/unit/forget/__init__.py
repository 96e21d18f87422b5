"""Pure tests of crawler/forget."""
