"""What is made of an archive for others: a report, a release, pages to browse."""
