"""Products for others: a report, a release, pages to browse."""
