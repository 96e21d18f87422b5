"""Tables of the archive: one module per table group, one class per table; all of them in metadata.py."""

from crawler.tables.row import Base, Entity, Field, Observation, Relation, Row

__all__ = ["Base", "Entity", "Field", "Observation", "Relation", "Row"]
