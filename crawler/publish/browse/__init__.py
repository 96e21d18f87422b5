"""Pages over a SQLite archive, by Datasette."""
