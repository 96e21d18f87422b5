"""Pure tests of crawler/queue."""
