"""Tables of the archive: one module per table group, one class per table; all of them in metadata.py."""
