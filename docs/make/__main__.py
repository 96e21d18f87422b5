"""Make every generated page: `./run docs`. A test names those that are stale."""

from __future__ import annotations

from docs.make import commands, configuration, endpoints, jobs, outcomes, outputs, promises, questions, schema, tables

PAGES = (
    commands,
    configuration,
    endpoints,
    jobs,
    outcomes,
    promises,
    questions,
    schema.JOBS,
    schema.STATUS,
    tables,
    *outputs.PAGES,
)
"""Modules or objects with the file that they make (`FILE`) and its text (`render()`)."""


def stale() -> list[str]:
    """Return the names of the files that are not as their sources are."""
    return [
        page.FILE.name
        for page in PAGES
        if not page.FILE.exists() or page.FILE.read_text(encoding="utf-8") != page.render()
    ]


if __name__ == "__main__":
    for page in PAGES:
        page.FILE.write_text(page.render(), encoding="utf-8")
        print(page.FILE)
