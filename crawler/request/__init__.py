"""From an endpoint to a request on the wire: address, session, gate."""
