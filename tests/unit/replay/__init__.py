"""Pure tests of crawler/replay."""
