"""`./run bench`: what the project costs, beside what the same work costs without it.

Every figure is a ratio of two sides that are measured in turns in one run, in processor time: what else the
machine does, and how fast it is, falls on both alike.
"""
