"""The rows of a response, each on its own, and those that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crawler.endpoints.json_path import step
from crawler.endpoints.model import Section
from crawler.errors import NoKey
from crawler.model.page import PATH_LENGTH, Refused, fragment
from crawler.parse.columns import Values
from crawler.parse.element import Element
from crawler.parse.row_reader import RowReader
from crawler.parse.withheld import reason_of

FRAGMENT_LENGTH = 2000


@dataclass(frozen=True)
class RowContext:
    """Facts about a page apart from its elements.

    constants: facts that rows take over, by name (`Field.constant`). params: those of the request.
    """

    constants: Mapping[str, Any]
    params: Mapping[str, str]


def read_rows(reader: RowReader, elements: list[Element], page: RowContext) -> tuple[list[Values], list[Refused]]:
    """The rows of an `At` from its elements, and those that do not validate."""
    at, fixed = reader.at, _fixed(reader, page)
    is_masked = at.row.masked
    rows: list[Values] = []
    refused: list[Refused] = []
    keys: dict[tuple[Any, ...], Values] = {}
    for element, found in zip(elements, reader.decode(elements), strict=True):
        if isinstance(found, dict) and not reader.has_checks:
            found.update(fixed)
            rows.append(found)
            continue
        if _is_out(reader, element):
            continue
        reason = reason_of(element) if is_masked else None
        try:
            if found is None:
                raise ValueError("not of its known shape")
            values, bad, error = (found, {}, None) if isinstance(found, dict) else found
            if error is not None:
                raise error
            if reason:
                values = {name: values[name] for name in values if name in reader.even_if_withheld}
            elif incomplete := reader.incomplete(values, bad):
                refused.append(_refused(reader, element, incomplete, fixed))
            values.update(fixed)
            if reader.indexed:
                reader.check_keys(values)
            if not reader.is_single or _is_first(reader, values, keys):
                rows.append(values)
        except (ValueError, TypeError) as error:
            if not (at.optional and isinstance(error, NoKey)):
                # Of two rows with one key, the first is stored.
                is_row = not isinstance(error, KeyTaken)
                refused.append(_refused(reader, element, str(error), fixed, is_row=is_row))
    return rows, refused


def _is_out(reader: RowReader, element: Element) -> bool:
    """Return True if an element is no row: it says nothing, or is without what makes it one."""
    if reader.at.when and step(element.raw, reader.at.when) is None:
        return True
    is_null = element.value is None and not (element.is_object or element.is_wrong)
    return is_null and not reader.takes_plain


def _fixed(reader: RowReader, page: RowContext) -> Values:
    """The columns that are the same in all rows of an `At`."""
    at = reader.at
    fixed = {column: page.constants[name] for column, name in reader.constants.items() if name in page.constants}
    fixed |= at.fixed
    fixed |= {column: reader.given[column](page.params[name]) for column, name in at.given.items()}
    if isinstance(at, Section):
        fixed["section"] = at.name
    return fixed


def _refused(
    reader: RowReader, element: Element, error: str, fixed: Mapping[str, Any], *, is_row: bool = False
) -> Refused:
    """A dead letter, with the ids by which the row names somebody or a work."""
    place = element.place[:PATH_LENGTH]
    shown = fragment(element.value, FRAGMENT_LENGTH)
    return Refused(reader.table, place, error, shown, reader.ids(element, fixed), is_row)


class KeyTaken(ValueError):
    """Another row of the same response has the key, with other values."""


def _is_first(reader: RowReader, values: Values, keys: dict[tuple[Any, ...], Values]) -> bool:
    """Return True if an observation is the first of its key; a second one adds what it knows more.

    Raises KeyTaken where they differ.
    """
    before = keys.setdefault(tuple(values.get(name) for name in reader.key), values)
    if before is values:
        return True
    more = {name: value for name, value in values.items() if value is not None}
    if any(before.get(name) not in (None, value) for name, value in more.items()):
        raise KeyTaken(f"{', '.join(reader.key)}: another row of this response has it")
    before.update(more)
    return False
