"""Pure tests of crawler/extensions."""
