"""Pure tests of crawler/jobs."""
