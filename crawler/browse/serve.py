"""`scrapy browse`: Datasette on the archive, read-only, on this machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm

from crawler.archive.engine import archive_url, opened
from crawler.browse import cells
from crawler.browse.metadata import DATABASE, metadata
from crawler.errors import ArchiveError

SETTINGS = {
    "default_page_size": 50, "sql_time_limit_ms": 20_000, "facet_time_limit_ms": 1_000, "allow_download": False,
    "suggest_facets": False, "allow_csv_stream": True, "num_sql_threads": 2,
}  # fmt: skip


def application(url: str) -> Any:
    """The pages of an archive. Raises ArchiveError."""
    with opened(url) as engine:
        if engine.dialect.name != "sqlite":
            raise ArchiveError(
                "browse shows SQLite archives. For PostgreSQL: psql, pgAdmin or Metabase read it as it is, with its comments;"
                " or scrapy export FOLDER, and scrapy import it into SQLite"
            )
    if not pm.is_registered(cells):
        pm.register(cells, name="pixiv-archive")
    file = Path(archive_url(url).database or "").resolve()
    pages = Datasette([], metadata=metadata(), settings=SETTINGS)
    # Datasette opens a file read-only by itself: `mode=ro`.
    pages.add_database(Database(pages, path=str(file)), name=DATABASE)
    return pages


def serve(url: str, host: str, port: int) -> int:
    """Serve until interrupted; returns the exit status. Raises ArchiveError."""
    pages = application(url)
    print(f"Browse at http://{host}:{port}/{DATABASE} – read-only; Ctrl-C ends it", flush=True)
    uvicorn.run(pages.app(), host=host, port=port, log_level="warning")
    return 0
