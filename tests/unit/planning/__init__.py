"""Pure tests of crawler/planning."""
