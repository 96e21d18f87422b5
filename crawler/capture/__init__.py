"""Every response is kept before it is understood: WARC out, WARC in."""
