"""Send one request: rate limit, session, network, capture."""
