"""Pure tests of crawler/actions."""
