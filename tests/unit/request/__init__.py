"""Pure tests of crawler/request."""
