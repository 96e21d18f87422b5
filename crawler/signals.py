"""Signals of our own, for your extensions and pipelines: `crawler.signals.connect(handler, signal=ranking_complete)`."""

ranking_complete = object()
"""A ranking has just been archived completely: all its pages are stored, and this crawl requested the last one missing.

It is sent once a crawl, and again for a ranking that `refetch` requests again.

Arguments: `ranking_id` (as in the table `rankings`) and `params` (mode, content and date as in the request).
"""
