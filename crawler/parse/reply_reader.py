"""All that is read of an endpoint's responses, compiled from its entry once."""

from __future__ import annotations

from functools import cache, cached_property

from crawler.endpoints import ENDPOINTS
from crawler.endpoints.model import At, Endpoint
from crawler.parse.declared import Node, declared
from crawler.parse.row_reader import RowReader
from crawler.tables.listings import Listing


class ReplyReader:
    """The readers of an endpoint's rows, and the places that they and the entry declare.

    rows: one an `At` of the entry, in order; a listing last.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        ats = endpoint.reply.all_rows
        if endpoint.reply.has_listing:
            ats = (*ats, At(Listing))
        self.rows = tuple(RowReader(endpoint, at) for at in ats)

    @cached_property
    def declared(self) -> Node:
        """The tree of declared places; see parse/drift.py."""
        return declared(self.endpoint, self.rows)


@cache
def reader_of(name: str) -> ReplyReader:
    """The reader of an endpoint. Not made when its entry is imported: most commands read no reply."""
    return ReplyReader(ENDPOINTS[name])
