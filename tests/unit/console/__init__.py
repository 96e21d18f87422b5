"""Pure tests of crawler/console."""
