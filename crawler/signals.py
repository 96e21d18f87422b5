"""Signals of our own, for your extensions and pipelines: `crawler.signals.connect(handler, signal=ranking_complete)`."""

ranking_complete = object()
"""A ranking has just been archived completely: all its pages are stored, and this crawl requested one of them.

Arguments: `ranking_id` (as in the table `rankings`) and `params` (mode, content and date as in the request).
"""
