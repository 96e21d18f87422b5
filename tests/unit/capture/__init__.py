"""Pure tests of crawler/capture."""
