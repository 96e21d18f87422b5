"""Pure tests of crawler/endpoints."""
