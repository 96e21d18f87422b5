"""Pure tests of crawler/workers."""
