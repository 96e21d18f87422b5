"""Raw JSON to validated rows: decoders derived from the row classes, each row on its own."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Annotated, Any

from pydantic import AliasChoices, AliasPath, PlainValidator, TypeAdapter
from pydantic import Field as PydanticField
from typing_extensions import TypedDict

from crawler.endpoints.model import At, Section
from crawler.endpoints.paging import is_there, step
from crawler.errors import NoKey
from crawler.items import METADATA
from crawler.items.naming import naming
from crawler.items.page import Refused, fragment
from crawler.items.read import NULL, UNKNOWN, Bad, day, flag, instant, number, real, text
from crawler.items.row import Entity, Field, Observation, Row
from crawler.parse.locate import PLACES, WAS, WRONG, Raw

READERS: dict[type, Callable[[Any], Any]] = {
    int: number, str: text, bool: flag, datetime: instant, date: day, float: real,
}  # fmt: skip
FRAGMENT_LENGTH = 2000
PARAMS = "@params"
ELSEWHERE = "@elsewhere"
CUTS = "@cuts"
"""Constants of the page besides those that entries name: parameters; keys that other rows read; by
place the tables whose rows were taken out of the kept reply."""
PATH_LENGTH = 500  # PostgreSQL indexes no text of several thousand
KEY_BYTES = 2000
"""UTF-8 bytes that the texts of one key or index may have together: PostgreSQL takes some 2,700."""


ELEMENT = "@all"
"""Spells the element itself."""
MADE = (ELEMENT, "@details", "@state", "@restriction")
"""Spellings of what `read_rows` makes of an element."""
INNER = PLACES | {WAS}
PLAIN = frozenset({ELEMENT, "@key", "@value"})
"""Spellings that read an element which is no object."""
ROW = "@row"
"""A pseudo-key: the ranking's row itself, for a column that is made from two keys."""


@dataclass(frozen=True)
class Spelling:
    """One way in which a column is spelled: under `slot` in the decoded row."""

    slot: str
    column: str
    field: Field
    names: tuple[str, ...]

    def spelling(self, raw: Raw) -> str:
        """The spelling under which an element contains it."""
        found = (name for name in self.names if step(raw, name) is not None)
        name = next(found, self.names[0])
        return "date" if name == ROW else name


class Decoder:
    """Decodes raw objects into rows of one class."""

    def __init__(self, row: type[Row], only: tuple[str, ...], given: tuple[str, ...] = ()) -> None:
        self.table = row.__tablename__
        self.key = tuple(column.name for column in row.__table__.primary_key)
        # Of an entity a reply may speak in several places; an observation stands once.
        self.is_single = issubclass(row, Observation)
        self.constants: dict[str, str] = {}
        self.required: list[str] = []
        self.given: dict[str, Callable[[Any], Any]] = {}
        self.takes_element = False
        self.takes_plain = False
        self.even_if_withheld: set[str] = set()
        self.spellings: list[tuple[str, ...]] = []
        self.indexed = tuple(_indexed_texts(row))
        self._spellings: list[Spelling] = []
        slots: dict[str, Any] = {}
        for column in row.__table__.columns:
            field: Field | None = column.info.get("field")
            if field is None:
                continue
            if field.constant:
                self.constants[column.name] = field.constant
            if column.name in given:
                self.given[column.name] = field.read or READERS[column.type.python_type]
                continue
            if only and not column.primary_key and column.name not in only:
                continue
            self.takes_element |= ELEMENT in field.names
            self.takes_plain |= not PLAIN.isdisjoint(name.rstrip("?") for name in field.names)
            if column.primary_key or field.even_if_withheld:
                self.even_if_withheld.add(column.name)
            needed = column.primary_key or not column.nullable or field.needed
            if needed and field.names:
                self.required.append(column.name)
            read = field.read or READERS[column.type.python_type]
            for place, (names, reader) in enumerate(_ways(field, read)):
                slot = column.name if place == 0 else f"{column.name}~{place}"
                aliases = AliasChoices(*(_alias(name) for name in names))
                annotated = Annotated[
                    Any, PlainValidator(_guarded(reader)), PydanticField(validation_alias=aliases)
                ]
                slots[slot] = annotated
                self._spellings.append(Spelling(slot, column.name, field, tuple(names)))
                self.spellings.append(tuple(name for name in names if name != ROW))
                self.spellings += [("date",), ("illust_upload_timestamp",)] if ROW in names else []
        self._groups = _groups(self._spellings, row)
        model = TypedDict(row.__name__, slots, total=False)  # type: ignore[misc]
        self._adapter: TypeAdapter[Any] = TypeAdapter(model)

    def decode(self, raw: Raw) -> tuple[dict[str, Any], dict[str, str]]:
        """Known values by column, and what is wrong with those that do not fit.

        Raises ValueError where a column without which there is no row is missing or does not fit.
        """
        decoded = self._adapter.validate_python(raw)
        values: dict[str, Any] = {}
        bad: dict[str, str] = {}
        for way in self._spellings:
            value = decoded.get(way.slot, UNKNOWN)
            if value is UNKNOWN or way.column in values:
                continue
            if isinstance(value, Bad):
                bad.setdefault(way.column, f"{way.spelling(raw)}: {value.reason}")
                continue
            if value is NULL:
                if not way.field.null:
                    continue
                value = None
            values[way.column] = value
        for name in self.required:
            if values.get(name) is None:
                if name in bad:
                    raise ValueError(bad[name])
                raise NoKey(f"{name}: missing")
        return values, {name: bad[name] for name in bad if name not in values}

    def incomplete(self, values: Mapping[str, Any], bad: Mapping[str, str]) -> str:
        """Names the groups that the values fill in part or wrongly: it is not applied. "" for nothing."""
        parts = []
        grouped: set[str] = set()
        for name, columns in self._groups.items():
            missing = [column for column in columns if column not in values]
            wrong = [bad[column] for column in missing if column in bad]
            grouped.update(columns)
            if wrong:
                parts.append(f"{', '.join(wrong)}, so {name} is not stored")
            elif missing and len(missing) < len(columns):
                parts.append(f"{', '.join(missing)}: missing, so {name} is not stored")
        parts += [why for column, why in bad.items() if column not in grouped]
        return "; ".join(parts)

    def owner(self, column: str, around: Raw) -> Any:
        """The id in a column that stands around a list, or None where it is not."""
        for way in self._spellings:
            if way.column == column:
                found = (step(around, name) for name in way.names)
                value = next((value for value in found if value is not None), None)
                read = way.field.read or READERS[int]
                known = _guarded(read)(value) if value is not None else None
                if isinstance(known, int):
                    return known
        return None

    def height(self, column: str) -> int:
        """How many steps outside of an element a column is spelled, at most."""
        names = [name for way in self._spellings if way.column == column for name in way.names]
        return max((name.split(".").count("^") for name in names), default=0)

    def is_spelled_around(self, column: str) -> bool:
        """Whether a column is spelled outside of an element alone."""
        names = [name for way in self._spellings if way.column == column for name in way.names]
        outside = [name for name in names if name.startswith("^")]
        return bool(names) and len(outside) == len(names)


def _indexed_texts(row: type[Row]) -> Iterator[tuple[str, ...]]:
    """The texts of each key or index of a table."""
    table = METADATA.tables[row.__tablename__]
    for columns in (table.primary_key.columns, *(index.columns for index in table.indexes)):
        texts = tuple(column.name for column in columns if column.type.python_type is str)
        if texts:
            yield texts


def _check_indexed(decode: Decoder, values: Mapping[str, Any]) -> None:
    """Raises ValueError for a key that only SQLite would take."""
    for names in decode.indexed:
        size = sum(len((values.get(name) or "").encode()) for name in names)
        if size > KEY_BYTES:
            raise ValueError(f"{', '.join(names)}: more than {KEY_BYTES:,} bytes in a key")


def _groups(spellings: list[Spelling], row: type[Row]) -> dict[str, list[str]]:
    """The columns of each group that has several."""
    groups: dict[str, list[str]] = {}
    for way in spellings:
        shared = way.field.group or (row.group if issubclass(row, Entity) else None)
        columns = groups.setdefault(shared or way.column, [])
        if way.column not in columns and not row.__table__.columns[way.column].primary_key:
            columns.append(way.column)
    return {name: columns for name, columns in groups.items() if len(columns) > 1}


def _guarded(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A coercion that says what is wrong instead of raising: one value, not the row, is lost."""

    def reader(value: Any) -> Any:
        try:
            return read(value)
        except (ValueError, TypeError, OverflowError) as error:
            return Bad(str(error))

    return reader


def _ways(
    field: Field, read: Callable[[Any], Any]
) -> Iterator[tuple[list[str], Callable[[Any], Any]]]:
    """The spellings of a column that share a reader: plain ones, `?` ones."""
    plain = [name for name in field.names if not name.endswith("?")]
    short = [name[:-1] for name in field.names if name.endswith("?")]
    if plain:
        yield plain, read
    if short:
        yield short, lambda value: UNKNOWN if value == "" else read(value)


def _alias(name: str) -> str | AliasPath:
    first, *rest = name.split(".")
    return AliasPath(first, *rest) if rest else first


@cache
def decoder(row: type[Row], only: tuple[str, ...], given: tuple[str, ...] = ()) -> Decoder:
    """The decoder of a row class.

    only: the columns that are read, () for all; given: those that the request contains.
    """
    return Decoder(row, only, given)


def decoder_at(at: At) -> Decoder:
    """The decoder of the rows of an entry."""
    return decoder(at.row, at.only, (*at.given, *at.fixed))


WITHHELD_BY = ("title", "mask_reason", "maskReason", "illust_upload_timestamp", "createDate")
RESTRICTED_BY = ("urls", "isLoginOnly")


def spellings(at: At, raw: Raw) -> Iterator[str]:
    """The spellings under which a row of an entry is read of an element, as in `Field.names`."""
    for names in decoder_at(at).spellings:
        present = (name for name in names if name.startswith(MADE) or is_there(raw, name))
        yield from islice(present, 1)
    yield from filter(None, (at.when,))
    if at.row.masked and withheld_reason(raw):
        yield from WITHHELD_BY
    if ("@restriction",) in decoder_at(at).spellings:
        yield from RESTRICTED_BY


def restriction_of(raw: Raw) -> Any:
    """What a work's own page withholds: `login_only`, `restricted` (no image), NULL for nothing.

    UNKNOWN where the row is no such page.
    """
    urls = raw.get("urls")
    if not isinstance(urls, dict) or "original" not in urls:
        return UNKNOWN
    if raw.get("isLoginOnly") is True:
        return "login_only"
    return NULL if any(urls.values()) else "restricted"


def withheld_reason(raw: Raw) -> str | None:
    """Why a work's row is blank, or None where it is not.

    A stated reason, or the evidence: no title, or a date of 1970.
    """
    reason = raw.get("mask_reason") or raw.get("maskReason")
    if reason:
        return str(reason)
    uploaded = raw.get("illust_upload_timestamp", 1)
    is_blank = raw.get("title") == "" or (isinstance(uploaded, int) and uploaded < 0)
    is_epoch = str(raw.get("createDate", "")).startswith("1970-")
    return "unknown" if is_blank or is_epoch else None


def read_rows(
    at: At, located: list[tuple[str, Raw]], constants: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[Refused]]:
    """Rows of one `At` from its raw objects, and those that do not validate."""
    decode = decoder_at(at)
    fixed = {
        column: constants[name] for column, name in decode.constants.items() if name in constants
    }
    params: Mapping[str, str] = constants.get(PARAMS, {})
    cuts: Mapping[str, Container[str]] = constants.get(CUTS, {})
    fixed |= at.fixed
    fixed |= {column: decode.given[column](params[name]) for column, name in at.given.items()}
    if isinstance(at, Section):
        fixed["section"] = at.name
    rows: list[dict[str, Any]] = []
    refused: list[Refused] = []
    keys: dict[tuple[Any, ...], dict[str, Any]] = {}
    for place, raw in located:
        is_out = cuts and decode.table in cuts.get(place, ())
        if is_out or (at.when and step(raw, at.when) is None):
            continue
        is_plain = "@value" in raw and not decode.takes_plain
        if is_plain and raw["@value"] is None:
            continue
        reason = withheld_reason(raw) if at.row.masked else None
        try:
            # Of a text where an object is due nothing is known but its place.
            if WRONG in raw or is_plain:
                raise ValueError("not of its known shape")
            values, bad = decode.decode(_with_derived(at, decode, place, raw, reason, constants))
            if reason:
                values = {name: values[name] for name in values if name in decode.even_if_withheld}
            elif incomplete := decode.incomplete(values, bad):
                refused.append(_refused(decode, place, incomplete, raw, fixed))
            values.update(fixed)
            if decode.indexed:
                _check_indexed(decode, values)
            if not decode.is_single or _is_first(decode, values, keys):
                rows.append(values)
        except (ValueError, TypeError) as error:
            if not (at.optional and isinstance(error, NoKey)):
                refused.append(_refused(decode, place, str(error), raw, fixed))
    return rows, refused


def _refused(
    decode: Decoder, place: str, error: str, raw: Raw, fixed: Mapping[str, Any]
) -> Refused:
    """A dead letter, with the ids by which the row names somebody or a work."""
    return Refused(
        decode.table, place[:PATH_LENGTH], error, _shown(raw), ids_of(decode, raw, fixed)
    )


def ids_of(decode: Decoder, raw: Raw, fixed: Mapping[str, Any]) -> dict[str, int]:
    """The ids by which an element names somebody or a work, as far as they can be read."""
    ids = {
        column: fixed.get(column, decode.owner(column, raw)) for column, _ in naming(decode.table)
    }
    return {column: value for column, value in ids.items() if isinstance(value, int)}


def _is_first(
    decode: Decoder, values: dict[str, Any], keys: dict[tuple[Any, ...], dict[str, Any]]
) -> bool:
    """Whether an observation is the first of its key; a second one adds what it knows more.

    Raises ValueError where they differ.
    """
    before = keys.setdefault(tuple(values.get(name) for name in decode.key), values)
    if before is values:
        return True
    more = {name: value for name, value in values.items() if value is not None}
    if any(before.get(name) not in (None, value) for name, value in more.items()):
        raise ValueError(f"{', '.join(decode.key)}: another row of this reply has it")
    before.update(more)
    return False


def _with_derived(
    at: At,
    decode: Decoder,
    place: str,
    raw: Raw,
    reason: str | None,
    constants: Mapping[str, Any],
) -> Raw:
    """An element with what follows from all of it: its state, itself, what a map holds on it."""
    more: dict[str, Any] = {}
    if at.row.masked and ("title" in raw or reason):
        more["@state"] = reason or "visible"
        more["@restriction"] = restriction_of(raw)
    if at.row.masked and "date" in raw and ROW not in raw:
        more[ROW] = raw
    if decode.takes_element:
        more[ELEMENT] = element_of(raw, () if place else constants.get(ELSEWHERE, ()))
    if isinstance(at, Section) and at.details:
        more["@details"] = _details(raw, at.details)
    return {**raw, **more} if more else raw


def element_of(raw: Raw, elsewhere: Container[str]) -> dict[str, Any] | Any:
    """The element as it came; of a body, without what other rows of the endpoint read."""
    if "@value" in raw:
        return raw["@value"]
    return {name: raw[name] for name in raw if name not in INNER and name not in elsewhere}


def _details(raw: Raw, path: str) -> Any:
    """What the map beside the list holds on an element."""
    key = raw.get("id", raw.get("@value"))
    return step(step(raw["^"], path), str(key)) or {}


def _shown(raw: Raw) -> str:
    return fragment({name: raw[name] for name in raw if name != "^"}, FRAGMENT_LENGTH)


__all__ = ["decoder", "read_rows", "withheld_reason"]
