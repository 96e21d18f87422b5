"""`./run browse`: Datasette on the archive, read-only, on this machine alone."""

from __future__ import annotations

import codecs
import socket
from http import HTTPStatus
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm

from crawler.archive.database.engine import archive_file, can_change, opened
from crawler.cells import CsvFilter
from crawler.errors import ArchiveError, BadArgument
from crawler.places import command
from crawler.publish.browse import cells
from crawler.publish.browse.metadata import DATABASE, metadata
from crawler.publish.browse.pages import NotesOf, Pages

PAGES = "pixiv-archive-pages"
TEMPLATES = Path(__file__).with_name("templates")
SETTINGS = {
    "default_page_size": 50,
    "sql_time_limit_ms": 20_000,
    "facet_time_limit_ms": 1_000,
    "allow_download": False,
    "suggest_facets": False,
    "allow_csv_stream": True,
    "num_sql_threads": 2,
}
ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104  # who listens to all is named by any name


def application(url: str, notes_of: NotesOf = lambda name, sql, given: ()) -> Any:
    """The pages of an archive. notes_of: what is said of a result. Raises ArchiveError."""
    file = archive_file(url)
    if file is None:
        raise ArchiveError(
            "browse shows SQLite archives. For PostgreSQL: psql, pgAdmin or Metabase read it as it is, with its comments;"
            f" or {command('export FOLDER')}, whose files DuckDB opens"
        )
    with opened(url, is_reader=True):
        pass  # an archive of this version
    # Datasette's plugins are the process's, not the application's: a second one would have them twice.
    if not pm.is_registered(cells):
        pm.register(cells, name="pixiv-archive")
    if (before := pm.get_plugin(PAGES)) is not None:
        pm.unregister(before)
    pm.register(Pages(notes_of), name=PAGES)
    pages = Datasette([], metadata=metadata(), settings=SETTINGS, template_dir=str(TEMPLATES))
    # Datasette opens a file read-only by itself: `mode=ro`, or `immutable=1` where nothing can write to it.
    pages.add_database(Database(pages, path=file, is_mutable=can_change(Path(file))), name=DATABASE)
    return pages


def serve(url: str, host: str, port: int, notes_of: NotesOf) -> int:
    """Serve until interrupted; returns the exit status. Raises ArchiveError, BadArgument."""
    if not 0 < port < 65_536:
        raise BadArgument(f"--port {port}: 1 to 65535")
    pages = application(url, notes_of)
    config = uvicorn.Config(OnlyHere(pages.app(), host), host=host, port=port, log_level="warning")
    try:
        listening = _listening(host, port)
    except OSError as error:
        raise BadArgument(f"--host {host} --port {port}: {error.strerror or error}") from None
    print(f"Browse at http://{host}:{port}/ – read-only; Ctrl-C ends it", flush=True)
    with listening:
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listening(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family, dualstack_ipv6=family == socket.AF_INET6)


class OnlyHere:
    """Answers only who names this machine: another site's name for it is one that would read the archive in a browser."""

    def __init__(self, pages: Any, host: str) -> None:
        self._pages = pages
        self._names = {host, "localhost", "127.0.0.1", "[::1]"}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        named = headers.get(b"host", b"").decode("latin-1").rsplit(":", 1)[0]
        is_for_all = not self._names.isdisjoint(ANY)
        if scope["type"] == "http" and named not in self._names and not is_for_all:
            await send({"type": "http.response.start", "status": 421, "headers": []})
            await send({"type": "http.response.body", "body": b"not by this name"})
            return
        is_csv = scope["type"] == "http" and scope["path"].endswith(".csv")
        await self._pages(scope, receive, _without_formulas(send) if is_csv else send)


def _without_formulas(send: Any) -> Any:
    """Datasette writes cells as they are: pass its CSV through our own, a part at a time."""
    # Incremental: a part of the body may end within a character.
    found, decoder = CsvFilter(), codecs.getincrementaldecoder("utf-8")("replace")
    is_csv = True

    async def rewritten(message: Any) -> None:
        nonlocal is_csv
        if message["type"] == "http.response.start":
            # An error under this address is a page, not CSV.
            is_csv = message["status"] == HTTPStatus.OK
            if is_csv:  # its length changes
                left = [one for one in message["headers"] if one[0].lower() != b"content-length"]
                message = {**message, "headers": left}
        elif is_csv:
            is_last = not message.get("more_body")
            text = decoder.decode(message.get("body", b""), is_last)
            message = {**message, "body": found.filtered(text, is_last=is_last).encode()}
        await send(message)

    return rewritten
