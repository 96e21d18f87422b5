"""CSV that a spreadsheet shows and never runs: the one place where values become cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crawler.words import unable

FORMULAS = "=+-@＝＋－＠"
"""First characters of a text that spreadsheets take for a formula; blanks may stand before them."""
_BLANK = " \v\f\xa0\u200b\u3000\ufeff"
_SEPARATORS = ";|\t\r\n"
"""Characters that end a cell in spreadsheets of some languages."""
_CELLS = re.compile(rf"(^|[{_SEPARATORS}])([{_BLANK}\"']*[{re.escape(FORMULAS)}])")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Characters that control a terminal; marks of direction and joiners are text."""
SAFE_INTEGER = 2**53 - 1
"""The largest whole number that spreadsheets, JavaScript and jq keep exact."""


def cells(row: Iterable[Any], *, is_raw: bool = False, is_terminal: bool = False) -> list[Any]:
    r"""Return the cells of a row: an apostrophe makes a text of what would run, and of a number that would lose digits.

    is_raw: values stay as they are. is_terminal: marks of direction are replaced too, which in a file stay.

    >>> cells(["=1+1", "題 a=b", 2**60, 5, None])
    ["'=1+1", '題 a=b', "'1152921504606846976", 5, None]
    >>> cells(["=1+1", 2**60], is_raw=True), cells(["a\x1b[31m\u202e"], is_terminal=True)
    (['=1+1', 1152921504606846976], ['a�[31m�'])
    """
    if is_raw:
        return list(row)
    return [_cell(value, is_terminal=is_terminal) for value in row]


def plain(value: Any, moments: str = "%Y-%m-%d %H:%M:%S") -> Any:
    """A value that all databases give alike. moments: the form of times."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.strftime(moments)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, date) else value


def _cell(value: Any, *, is_terminal: bool) -> Any:
    if isinstance(value, str):
        text = unable(value) if is_terminal else _CONTROL.sub("�", value)
        return ("'" if value[:1] in ("\t", "\r", "\n") else "") + _CELLS.sub(r"\1'\2", text)
    is_long = type(value) is int and abs(value) > SAFE_INTEGER
    return f"'{value}" if is_long else value


class CsvWriter:
    """A `csv.writer` whose rows go through `cells`."""

    def __init__(self, writer: Any, *, is_raw: bool = False, is_terminal: bool = False) -> None:
        self._writer = writer
        self._is_raw, self._is_terminal = is_raw, is_terminal

    def writerow(self, row: Iterable[Any]) -> None:
        self._writer.writerow(cells(row, is_raw=self._is_raw, is_terminal=self._is_terminal))

    def writerows(self, rows: Iterable[Iterable[Any]]) -> None:
        for row in rows:
            self.writerow(row)


class CsvFilter:
    """Rewrite CSV that another program wrote, a part at a time."""

    def __init__(self) -> None:
        self._rest = ""

    def filtered(self, text: str, *, is_last: bool) -> str:
        """Return the complete records of all text so far that were not returned yet."""
        self._rest += text
        # A line's end within quotes ends no record.
        end = read = quotes = 0
        for found in re.finditer("\n", self._rest):
            quotes += self._rest.count('"', read, found.end())
            read = found.end()
            end = end if quotes % 2 else read
        end = len(self._rest) if is_last else end
        complete, self._rest = self._rest[:end], self._rest[end:]
        out = io.StringIO(newline="")
        rows = csv.reader(io.StringIO(complete, newline=""))
        CsvWriter(csv.writer(out)).writerows([_number(value) for value in row] for row in rows)
        return out.getvalue()


def _number(text: str) -> Any:
    """Return a text of digits as the number that it was: a negative number is no formula."""
    # With a leading zero it is no number, and as one it would lose the zero.
    if re.fullmatch(r"-?[1-9]\d{0,30}", text):
        return int(text)
    # Only if it reads the same afterwards: a number that loses digits stays a text.
    is_decimal = re.fullmatch(r"-\d+\.\d+", text) and str(float(text)) == text
    return float(text) if is_decimal else text
