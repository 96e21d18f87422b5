"""Row classes: each names a field once; table, validator and merge rules follow from it.

Modules of row classes are without `from __future__ import annotations`: SQLAlchemy would compile each annotation from
its text, 40 ms of every start.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import new_class
from typing import Any, ClassVar, Literal

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Dialect, Double, Index, Integer, MetaData, Text, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from crawler.tables.codes import Codes
from crawler.tables.meaning import completed

Prefer = Literal["first", "last", "least", "greatest"]
Audience = Literal["public", "own", "sensitive"]
"""Who may see a table or a column: everybody; the session's own account; nobody but who keeps the archive."""

# INTEGER on SQLite: only a key of that very type is the rowid, without a second tree.
INT64 = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC instant to the second; refuses naive values, which SQLite would take as they come."""

    impl = DateTime(timezone=True)
    # Without it SQLAlchemy caches no statement that has a time in it.
    cache_ok = True

    @property
    # TypeDecorator says `object`; readers and documentation choose by the type.
    def python_type(self) -> type[datetime]:
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sqlite.DATETIME(truncate_microseconds=True))  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: state its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@dataclass(frozen=True)
class Field:
    """Knowledge about a column beyond SQL.

    names: JSON spellings, tried in order. `a.b` steps into an object, `^.a` is in the enclosing one,
        `a&b` are two keys read together, as an object; `@key` and `@index` are the place in a map or
        list, `@value` an element that is no object, `@all` the element as it came, `@details.a` what a
        section's map holds on it, `@state` and `@restriction` what is withheld of a work. After a
        trailing `?` an empty text is unknown: short rows send "" where the full one has a value.
        See parse/source.py.
    constant: a fact of the page (its moment, its ranking) instead of a spelling.
    given: the request contains it, where an entry says so (`At.given`).
    read: named coercion of the JSON value; without one the column's type decides.
    group: columns that arrive together; applied all together or not at all.
    null: JSON null (and PHP's false) is a value; otherwise it is unknown.
    usually_null: null in nearly every response that contains it. Then it is not listed in `group_times` where
        it is null at last_seen_at, but where no response has contained it.
    even_if_withheld: still true in a row whose work is withheld.
    history: former values are kept in the history table of the class.
    prefer: which value of a sighting's column stands, of those seen.
    coarse: a time that some responses cut to the minute: of values in one minute the finest stands.
    needed: an element without it is no row of the class.
    """

    names: tuple[str, ...] = ()
    constant: str | None = None
    given: bool = False
    read: Callable[[Any], Any] | None = None
    group: str | None = None
    null: bool = False
    usually_null: bool = False
    even_if_withheld: bool = False
    history: bool = False
    prefer: Prefer = "last"
    coarse: bool = False
    needed: bool = False


def column(
    *names: str,
    comment: str | None = None,
    unit: str = "",
    window: str = "",
    null_means: str = "",
    warning: str = "",
    codes: Codes | None = None,
    audience: Audience | None = None,
    primary_key: bool = False,
    index: bool | None = None,
    **rules: Any,
) -> MappedColumn[Any]:
    """Declare a column: its JSON spellings, its meaning, and its rules.

    comment: what the column means; unit, window, null_means, warning, codes: see `Meaning`. A shared name
    (`meaning.SHARED`) and the type fill in what is not given. audience: differs from that of its table; a public
    release leaves the column out. primary_key, index: as in SQLAlchemy. rules: see `Field`.
    """
    said = {"unit": unit, "window": window, "null": null_means, "warning": warning, "codes": codes}
    given_meaning = {name: value for name, value in said.items() if value}
    return mapped_column(
        primary_key=primary_key,
        autoincrement=False,
        index=index,
        comment=comment,
        info={"field": Field(names, **rules), "said": given_meaning, "audience": audience},
    )


class Base(DeclarativeBase):
    """Declarative base: naming convention and column types of every table."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: INT64,
        str: Text(),
        bool: Boolean(),
        float: Double(),
        datetime: UtcDateTime(),
        date: Date(),
    }

    def __init_subclass__(cls, audience: Audience | None = None, **given: Any) -> None:
        """Map the class, and give its columns their meanings. Raises TypeError for one without.

        audience: who may see the rows. A class that does not say is in no public release, and a test refuses it.
        """
        super().__init_subclass__(**given)
        table = cls.__dict__.get("__table__")
        if table is None:
            return
        if len(table.primary_key) > 1:
            # SQLite keeps such a table inside its key's tree: a third smaller.
            table.dialect_kwargs["sqlite_with_rowid"] = False
        table.info["audience"] = audience
        table.comment = (cls.__doc__ or "").strip().splitlines()[0]
        for own in table.columns:
            field = own.info.get("field") or Field()
            meaning = completed(own, own.info.get("said", {}), field.null)
            if not meaning.text:
                file = sys.modules[cls.__module__].__file__
                raise TypeError(f"{file}: {cls.__name__}.{own.name} has no meaning: give the column a comment")
            own.info["meaning"] = meaning
            own.comment = meaning.as_text()


def index_of_few(where: str, name: str | None, *columns: str) -> Index:
    """An index of the rows alone that a condition holds for.

    On PostgreSQL `migrations/env.py` gives it the condition: to name it here loads that dialect, a third of
    the start of every command.
    """
    return Index(name, *columns, sqlite_where=text(where), info={WHERE: where})


WHERE = "where"


class Row(Base):
    """A row of facts read from replies. Subclass one of the three kinds below: each merges in its own way.

    A class names its table (`__tablename__`) and its columns (`column()`, those of the key with
    `primary_key=True`). An entry says where its rows stand in a reply: `At(TheRow, "path[]")`. See CONTRIBUTING.md.
    """

    __abstract__ = True

    masked: ClassVar[bool] = False
    """True if a withheld work blanks this row: then only key and `even_if_withheld` columns are read."""

    set_owners: ClassVar[tuple[str, ...]] = ()
    """The columns that say whose set the row is a member of, where responses list sets in full.

    A list holds an owner's set in full where it stands outside the list (in the request, or around
    it). A member is present where it was listed when the set was last listed in full, past otherwise: the
    views `v_TABLE` and `v_TABLE_past`.
    """

    set_variant: ClassVar[str | None] = None
    """The column by which an owner's set falls into several, each listed in full by itself."""

    set_complete_at: ClassVar[tuple[str, str] | None] = None
    """Table and column of the owner that say when the set was last listed in full; None: member_sets."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Map the class. Raises TypeError for a member of sets of which nobody knows when it was seen."""
        if cls.set_owners and not any("last_seen_at" in vars(base) for base in cls.__mro__):
            raise TypeError(f"{cls.__name__}: a member of sets needs first_seen_at and last_seen_at")
        super().__init_subclass__(**arguments)


class Entity(Row):
    """A thing with a present state: groups of columns, the newest values of each group win.

    Columns that name no group are one of their own, or of the class's `group`: give it one where all
    columns always come together. What may be missing is a group of its own. `history` names a `Relation` that
    keeps former values, keyed by this key, `field` and `value_digest`.
    """

    __abstract__ = True

    group: ClassVar[str | None] = None
    history: ClassVar[str | None] = None
    """The table that keeps former values of columns with `history=True`."""
    history_class: ClassVar[type[Relation]]

    first_seen_at: Mapped[int] = mapped_column(INT64, sort_order=90)
    last_seen_at: Mapped[int] = mapped_column(INT64, sort_order=91)
    group_times: Mapped[str | None] = mapped_column(
        Text, sort_order=92, comment="when groups were set, where not at last_seen_at (JSON)"
    )

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Map the class, and the table of its history. Raises TypeError for columns that could not be merged truthfully."""
        # Before mapping: a class that is refused must not leave its table in the metadata.
        _check_groups(cls)
        super().__init_subclass__(**arguments)
        if cls.history:
            # Kept here, because SQLAlchemy does not keep a class alive.
            cls.history_class = _map_history(cls, cls.history)


def _map_history(entity: type[Entity], name: str) -> type[Relation]:
    """Map the table that keeps former values of an entity's columns."""
    present = entity.__tablename__
    key = {own.name: own.type.python_type for own in entity.__table__.primary_key}
    columns: dict[str, tuple[Any, MappedColumn[Any]]] = {
        **{name: (Mapped[kind], column(primary_key=True)) for name, kind in key.items()},  # type: ignore[valid-type]
        "field": (Mapped[str], column(primary_key=True)),
        "value_digest": (Mapped[int], column(primary_key=True, comment="63-bit hash of value")),
        "value": (Mapped[str | None], column(prefer="greatest")),
        "first_seen_at": (Mapped[int], column(prefer="least")),
        "last_seen_at": (Mapped[int], column(prefer="greatest")),
    }
    body = {
        "__doc__": f"A value that a field of {present} had; the present one is in {present}.",
        "__module__": entity.__module__,
        "__tablename__": name,
        "__annotations__": {name: annotation for name, (annotation, _) in columns.items()},
        **{name: own for name, (_, own) in columns.items()},
    }
    return new_class(
        f"{entity.__name__}History",
        (Relation,),
        {"audience": entity.metadata.tables[entity.__tablename__].info["audience"]},
        lambda namespace: namespace.update(body),
    )


def grouped(columns: Mapping[str, Field], default: str | None) -> dict[str, tuple[str, ...]]:
    """Columns beside the key by group: one that names none is of the default, or one of its own."""
    groups: dict[str, tuple[str, ...]] = {}
    for name, field in columns.items():
        if field.names or field.constant or field.given:
            group = field.group or default or name
            groups[group] = (*groups.get(group, ()), name)
    return groups


def _check_groups(cls: type[Entity]) -> None:
    """Refuse what no response could be right about. Raises TypeError."""
    declared = {
        name: mapped.column
        for base in reversed(cls.__mro__)
        for name, mapped in vars(base).items()
        if isinstance(mapped, MappedColumn)
    }
    known: dict[str, Field] = {
        name: own.info["field"] for name, own in declared.items() if "field" in own.info and not own.primary_key
    }
    for name, field in known.items():
        if field.coarse and not field.history:
            # What a coarse time may agree with must not be forgotten.
            raise TypeError(f"{cls.__name__}.{name}: a coarse column needs history=True")
    for name, columns in grouped(known, cls.group).items():
        # Every response would set it, also one that says nothing of the thing.
        if all(known[column].constant for column in columns):
            raise TypeError(f"{cls.__name__}: group {name} holds nothing that a response contains")


class Relation(Row):
    """An edge or a name: kept once, with the least and the greatest moment it was seen.

    The moments are columns of a `SeenRelation`; without them (`tags`) a row is written once and never changed.
    """

    __abstract__ = True


class SeenRelation(Relation):
    """A relation that responses show: with the first and the last moment at which one did."""

    __abstract__ = True

    first_seen_at: Mapped[int] = column(constant="observed_at", prefer="least")
    last_seen_at: Mapped[int] = column(constant="observed_at", prefer="greatest")


class Observation(Row):
    """A member of a set keyed by its moment or, where `stamp` is no key, by when it was first seen.

    Give it the column that `stamp` names, with `constant="observed_at"`; as part of the key every moment is kept.
    A row stands once in a reply: a second one that differs is refused.
    """

    __abstract__ = True

    stamp: ClassVar[str] = "observed_at"
    """The column that holds the moment; the least one of a key stands."""


def fields_of(row: type[Row]) -> dict[str, Field]:
    """The columns of a row class that responses, pages or requests fill, the key's among them."""
    return {column.name: column.info["field"] for column in row.__table__.columns if "field" in column.info}


def groups_of(row: type[Row]) -> Mapping[str, tuple[str, ...]]:
    """The columns beside the key by group: of one that names none it is the class's, or its own."""
    key = {column.name for column in row.__table__.primary_key}
    fields = {name: field for name, field in fields_of(row).items() if name not in key}
    return grouped(fields, row.group if issubclass(row, Entity) else None)
