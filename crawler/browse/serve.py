"""`./run browse`: Datasette on the archive, read-only, on this machine alone."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm

from crawler.archive.engine import archive_url, can_change, opened
from crawler.browse import cells
from crawler.browse.metadata import DATABASE, metadata
from crawler.errors import ArchiveError, BadArgument
from crawler.places import command

SETTINGS = {
    "default_page_size": 50, "sql_time_limit_ms": 20_000, "facet_time_limit_ms": 1_000, "allow_download": False,
    "suggest_facets": False, "allow_csv_stream": True, "num_sql_threads": 2,
}  # fmt: skip


def application(url: str) -> Any:
    """The pages of an archive. Raises ArchiveError."""
    with opened(url, is_reader=True) as engine:
        if engine.dialect.name != "sqlite":
            raise ArchiveError(
                "browse shows SQLite archives. For PostgreSQL: psql, pgAdmin or Metabase read it as it is, with its comments;"
                f" or {command('export FOLDER')}, and {command('import')} it into SQLite"
            )
    if not pm.is_registered(cells):
        pm.register(cells, name="pixiv-archive")
    file = Path(archive_url(url).database or "").resolve()
    pages = Datasette([], metadata=metadata(), settings=SETTINGS)
    # Datasette opens a file read-only by itself: `mode=ro`, or `immutable=1` where nothing can write to it.
    pages.add_database(Database(pages, path=str(file), is_mutable=can_change(file)), name=DATABASE)
    return pages


def serve(url: str, host: str, port: int) -> int:
    """Serve until interrupted; returns the exit status. Raises ArchiveError, BadArgument."""
    if not 0 < port < 65_536:
        raise BadArgument(f"--port {port}: 1 to 65535")
    pages = application(url)
    config = uvicorn.Config(OnlyHere(pages.app(), host), host=host, port=port, log_level="warning")
    try:
        listening = _listening(host, port)
    except OSError as error:
        raise BadArgument(f"--host {host} --port {port}: {error.strerror or error}") from None
    print(f"Browse at http://{host}:{port}/{DATABASE} – read-only; Ctrl-C ends it", flush=True)
    with listening:
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listening(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen()
    except OSError:
        made.close()
        raise
    return made


ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104  # who listens to all is named by any name


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
        await self._pages(scope, receive, send)
