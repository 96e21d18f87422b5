"""`./run parse`: what an address's response becomes; nothing of it is archived."""

from __future__ import annotations

import argparse
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from scrapy.commands import BaseRunSpiderCommand

from crawler.errors import BadArgument, Unusable
from crawler.places import command
from crawler.words import clean

if TYPE_CHECKING:
    from crawler.model.page import Page


class Command(BaseRunSpiderCommand):
    """Requests an address as a crawl would, at the same rate limit, and prints its rows as JSON lines."""

    examples = ("parse 'https://www.pixiv.net/ranking.php?mode=daily&format=json'",)

    requires_project = True
    default_settings = {"LOG_LEVEL": "WARNING"}  # noqa: RUF012  # as Scrapy declares it

    def syntax(self) -> str:
        return "URL"

    def short_desc(self) -> str:
        return "Request an address and print the rows of its response"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            self.exitcode = self._parse(args)
        except Unusable as error:
            sys.stderr.write(f"{clean(str(error))}\n")
            self.exitcode = error.exit_status

    def _parse(self, args: list[str]) -> int:
        from scrapy import signals

        from crawler.console import preflight
        from crawler.console.running import run_crawl
        from crawler.fetch.session import wait_for_account
        from crawler.planning.plan import plan_crawl

        assert self.settings is not None
        assert self.crawler_process is not None
        family, arguments = _requested(args, self.settings["PIXIV_BASE_URL"])
        found: list[Page] = []
        with tempfile.TemporaryDirectory() as folder:
            # An archive of its own: what is only looked at changes nothing.
            self.settings.set("ARCHIVE_URL", f"sqlite:///{folder}/archive.db", "cmdline")
            self.settings.set("CAPTURE_DIR", f"{folder}/captures", "cmdline")
            session = preflight.check(self.settings)
            plan = plan_crawl(family, arguments, self.settings, session)
            self._lock = wait_for_account(self.settings, session)  # held by this process to its end
            crawler = self.crawler_process.create_crawler(family)

            # A function: signals refuse a method of a builtin, as `found.append` is.
            def collect(item: Any) -> None:
                found.append(item)

            crawler.signals.connect(collect, signals.item_scraped)
            status = run_crawl(self.crawler_process, crawler, plan=plan, **arguments)
        for page in found:
            _show(page)
        return status


def _requested(args: list[str], site: str) -> tuple[str, dict[str, str]]:
    """The family and the arguments of an address. Raises BadArgument."""
    from crawler.endpoints import ENDPOINTS, FAMILIES, recognise

    if len(args) != 1:
        raise BadArgument(f"name one address: {command('parse URL')}")
    target = recognise(args[0], "")
    if target is None or not args[0].startswith(site.rstrip("/") + "/"):
        raise BadArgument(
            f"{args[0]} is no API address of {site} that this version knows. For a work: {site.rstrip('/')}/ajax/illust/ID"
        )
    family = next(name for name, members in FAMILIES.items() if ENDPOINTS[target.endpoint] in members)
    paging = ENDPOINTS[target.endpoint].paging.param
    begin = {paging: str(target.page)} if paging and target.page != 1 else {}
    return family, {
        **{name: value for name, value in target.params.items() if value},
        **begin,
        "endpoints": target.endpoint,
        "pages": "1",
    }


def _show(page: Page) -> None:
    import json

    from crawler.extensions.feeds import rows_of

    for row in rows_of(page):
        print(json.dumps(row, ensure_ascii=False, default=str))
    for letter in page.refused:
        sys.stderr.write(f"refused: {letter.table} at {letter.path}: {clean(letter.error)}\n")
    for seen in page.paths:
        if not seen.is_declared:
            sys.stderr.write(f"unknown: {clean(seen.path)} ({seen.json_type})\n")
