"""The report: one page of pictures, from questions of queries/."""
