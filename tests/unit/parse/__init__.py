"""Pure tests of crawler/parse."""
