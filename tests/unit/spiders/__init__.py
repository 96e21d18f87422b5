"""Pure tests of crawler/spiders."""
