"""Every reply is kept before it is understood: WARC out, WARC in."""
