"""`./run report`: the page of an archive, as a file."""

from __future__ import annotations

from pathlib import Path

from crawler.archive.database.engine import at_one_moment, opened
from crawler.archive.queries import check_days
from crawler.errors import ReportError
from crawler.files import complete_file, private_folder
from crawler.publish.report.charts import specifications
from crawler.publish.report.facts import Wish, gather
from crawler.publish.report.page import render


def write(url: str, file: Path, wish: Wish) -> int:
    """Write the report, complete or not at all; returns the exit status. Raises Unusable."""
    with opened(url, is_reader=True) as engine, at_one_moment(engine) as connection:
        since, until = check_days(connection, wish.since, wish.until)
        if since > until:
            raise ReportError(f"{since} to {until}: the first day is after the last")
        facts = gather(connection, Wish(since, until, wish.modes))
    if missing := [mode for mode in wish.modes if mode not in facts.modes]:
        raise ReportError(f"no {', '.join(missing)} is archived; archived: {', '.join(facts.modes) or 'nothing yet'}")
    page = render(facts, specifications(facts))
    try:
        private_folder(file.parent)
        with complete_file(file, is_public=True) as beside:
            beside.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{file}: {error.strerror or error}") from None
    print(f"OK: {file} ({file.stat().st_size / 1e6:.1f} MB, {since} to {until}); open it in a browser")
    return 0
