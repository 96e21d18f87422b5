"""Settings of our own: each is declared once, with its default, meaning and check (docs/reference/settings.md)."""

from __future__ import annotations

import json
import logging
import math
import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass

from crawler.errors import choices
from crawler.places import SHIPPED

VARIABLE, OF_FILE = "PIXIV_PHPSESSID", "_FILE"
"""Name of the variable of a session, and the end of the name of a variable with its file."""
ENVIRONMENT = "environment only"
"""Secrets, and addresses that may hold one: a command line can be read by others."""


Check = Callable[[str, str], str]
"""Takes the name and the value of a setting; returns why the value is not valid, or ""."""


def number(least: int = 0, most: float = math.inf) -> Check:
    """Accept a number of at least `least` and at most `most`."""
    span = f"a number, {least} or more" if most == math.inf else f"a whole number of {least} to {most:g}"

    def check(name: str, text: str) -> str:
        try:
            # `inf` is a float, and no number of seconds that anybody waits.
            is_valid = least <= float(text) <= min(most, sys.float_info.max) and (most == math.inf or text.isdecimal())
        except ValueError:
            is_valid = False
        return "" if is_valid else f'{name} must be {span} (got "{text}")'

    return check


def choice(*values: str, also: Collection[str] = ()) -> Check:
    """Accept one of some values. also: accepted, and not shown."""

    def check(name: str, text: str) -> str:
        return "" if text in values or text in also else f"{name}={text}: no such value. {choices(text, values)}"

    return check


def components(name: str, text: str) -> str:
    """Accept a JSON object of class paths and places."""
    try:
        places = json.loads(text)
        is_valid = isinstance(places, dict) and all(type(place) in (int, float) for place in places.values())
    except ValueError:
        is_valid = False
    return "" if is_valid else f'{name}={text}: must be class paths with their places, as {{"mine.AddOn": 100}}'


# The words are those that Scrapy's getbool takes.
SWITCH = choice("0", "1", also=("True", "true", "False", "false"))


@dataclass(frozen=True)
class Setting:
    """A setting. default: its value if it is not given; shown: the default in words, if it needs any.

    An empty value of a setting whose default is empty needs no check. check: None where whoever reads it checks it.
    """

    name: str
    default: str
    meaning: str
    check: Check | None = None
    shown: str = ""
    where: str = "environment or -s"

    def refusal(self, value: object) -> str:
        """Return what is wrong with a value, or ""."""
        text = str(value)
        return self.check(self.name, text) if self.check and (text or self.default) else ""


SETTINGS = (
    Setting("ARCHIVE_URL", "sqlite:///var/archive.db", "or `postgresql://user@host/name`"),
    Setting("CAPTURE_DIR", "var/captures", "folder of the WARC files, one a run"),
    Setting("PIXIV_PHPSESSID", "", "a session", where=ENVIRONMENT),
    Setting("PIXIV_PHPSESSID_FILE", "", "file of a session; it must be readable only by you", where=ENVIRONMENT),
    Setting(
        "PIXIV_PHPSESSID_NAME",
        "",
        "a session by name, as `PIXIV_PHPSESSID_ANN` or `PIXIV_PHPSESSID_BOB_FILE`",
        where=ENVIRONMENT,
    ),
    Setting("PIXIV_ACCOUNT", "", "which of several named sessions is used, as `ann`"),
    Setting(
        "GATE_PER_ACCOUNT",
        "0",
        "by default machines that share an archive on PostgreSQL share one rate limit; `1`: each account has its"
        " own, which is more load on pixiv",
        check=SWITCH,
    ),
    Setting(
        "PIXIV_LANG", "ja", "language of translations and error messages", check=choice("ja", "en", "ko", "zh", "zh_tw")
    ),
    Setting(
        "PIXIV_PREMIUM",
        "0",
        "`1`: the session's account has Premium, so what others do not see is requested again",
        check=SWITCH,
    ),
    Setting("ALLOW_R18", "0", "`1`: request R-18 lists; without it `mode=safe` where there is one", check=SWITCH),
    Setting("PIXIV_BASE_URL", "https://www.pixiv.net", "another address, for tests"),
    Setting("DOWNLOAD_DELAY", "2", "seconds between requests", check=number()),
    Setting(
        "STATE_DIR",
        "",
        "folder of this machine's state: each account's lock, pace and pauses, and the releases and backups made here",
        shown="the user's state folder",
    ),
    Setting(
        "THROTTLE_PAUSE",
        "60",
        "seconds that everything waits after a 429 or 503 without Retry-After, doubled each time",
        check=number(),
    ),
    Setting("THROTTLE_PAUSE_MAX", "1200", "seconds that such a pause lasts at most", check=number()),
    Setting("THROTTLE_TIMES", "8", "how often a request waits so before it is given up", check=number()),
    Setting(
        "PROGRESS_INTERVAL",
        "30",
        "seconds between lines of progress where there is no terminal; `0`: none",
        check=number(),
    ),
    Setting(
        "REPLAY_PROCESSES",
        "",
        "processes in which a replay parses, beside the one that stores; `0`: none, the least memory",
        check=number(0, 256),
        shown="one a core",
    ),
    Setting(
        "WORKER_STALLED",
        "60",
        "seconds without a sign of life of a worker, after which its task is queued again",
        check=number(5),
    ),
    Setting(
        "ARCHIVE_PATIENCE", "120", "seconds that a page waits for a PostgreSQL server that is restarted", check=number()
    ),
    Setting("JOB_DIR", str(SHIPPED / "jobs"), "folder of the job files", shown="jobs of the project"),
    Setting(
        "JOB_NOTIFY",
        "",
        "addresses that summaries are sent to, in [Apprise](https://appriseit.com)'s form (`mailto://…`, `ntfy://…`),"
        " separated by blanks",
        where=ENVIRONMENT,
    ),
    Setting(
        "JOB_HEARTBEAT",
        "",
        "an address that is called after a good run, with `/start` before and `/fail` after a bad one, so that silence is"
        " noticed elsewhere",
        where=ENVIRONMENT,
    ),
    Setting(
        "PROMETHEUS_FILE",
        "",
        "a file (`….prom`) that each run of a job writes for Prometheus's textfile collector, as `status --prometheus`",
    ),
    Setting(
        "REQUEST_BUDGET",
        "0",
        "requests that a crawl sends at most, robots.txt and repeated ones included; `0`: as many as are due",
        check=number(),
    ),
    Setting("ACCOUNT_PATIENCE", "600", "seconds that a crawl waits for another that uses the account", check=number()),
    Setting(
        "JOB_RETRY", "3600", "seconds between two requests for a ranking that is due and not published", check=number()
    ),
    Setting("TALLY_FILE", "", "file for a crawl's figures as JSON, for programs that start crawls"),
    Setting(
        "https_proxy",
        "",
        "an HTTP proxy; one of another kind (`all_proxy`, SOCKS) is refused, not ignored",
        where=ENVIRONMENT,
    ),
    Setting("no_proxy", "", "hosts that are reached without the proxy", where=ENVIRONMENT),
    Setting(
        "FEED_ROWS", "0", "`1`: `-O` writes rows, each with its table, instead of pages; CSV needs it", check=SWITCH
    ),
    Setting(
        "ADDONS",
        "{}",
        'your own components as Scrapy add-ons, as `{"mine.AddOn": 100}` (docs/howto/extend-scrapy.md)',
        check=components,
    ),
    Setting(
        "LOG_LEVEL",
        "INFO",
        "`DEBUG` prints every item",
        check=choice(*logging.getLevelNamesMapping(), also=("10", "20", "30")),
    ),
)
"""All of them, in the order in which people want them."""


def from_environment() -> dict[str, str]:
    """Return values by name, of the environment or the default, without those that only the environment may hold.

    ADDONS that are not valid are left out, because Scrapy reads them before anything is checked; the check names them.
    """
    found = {one.name: os.environ.get(one.name) or one.default for one in SETTINGS if one.where != ENVIRONMENT}
    if components("ADDONS", found["ADDONS"]):
        found["ADDONS"] = "{}"
    return found
