"""A local pixiv look-alike for tests and demonstrations: recorded or generated replies."""
