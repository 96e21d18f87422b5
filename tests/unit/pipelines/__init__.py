"""Pure tests of crawler/pipelines."""
