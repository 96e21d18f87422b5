"""Arrow types of values, alike in releases and in results of queries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa

TYPES: dict[type, Any] = {
    int: pa.int64(),
    str: pa.string(),
    bool: pa.bool_(),
    float: pa.float64(),
    date: pa.date32(),
    datetime: pa.timestamp("ms", tz="UTC"),
}
