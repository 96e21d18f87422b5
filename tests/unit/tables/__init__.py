"""Pure tests of crawler/tables."""
