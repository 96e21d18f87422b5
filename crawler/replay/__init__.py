"""The archive from captures, without a request."""
