"""`scrapy report`: the page of an archive, as a file."""

from __future__ import annotations

from pathlib import Path

from crawler.archive.engine import opened, reading
from crawler.archive.queries import check_days
from crawler.private import private_folder
from crawler.report.charts import specifications
from crawler.report.facts import Wish, gather
from crawler.report.page import render


def write(url: str, file: Path, wish: Wish) -> int:
    """Write the report, complete or not at all; returns the exit status. Raises Unusable."""
    with opened(url) as engine, reading(engine) as connection:
        days = check_days(connection, wish.since, wish.until)
        facts = gather(connection, Wish(*days, wish.modes))
    page = render(facts, specifications(facts))
    private_folder(file.parent)
    partial = file.with_name(file.name + ".part")
    partial.write_text(page, encoding="utf-8")
    partial.replace(file)
    print(
        f"OK: {file} ({file.stat().st_size / 1e6:.1f} MB, {wish.since} to {wish.until}); open it in a browser"
    )
    return 0
