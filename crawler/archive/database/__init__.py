"""Connections, transactions and locks of the archive's database."""
