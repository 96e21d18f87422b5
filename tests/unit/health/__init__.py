"""Pure tests of crawler/health."""
