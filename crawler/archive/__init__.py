"""The relational archive; the only place that writes SQL."""
