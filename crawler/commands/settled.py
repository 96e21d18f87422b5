"""Settings checked before anything is started, so that an error is one line."""

from __future__ import annotations

import logging
import math
import os
from pathlib import Path

from scrapy.settings import Settings

from crawler.archive.engine import ROOT, archive_url
from crawler.errors import ArchiveError, GateError
from crawler.private import private_folder
from crawler.request.gate import pace
from crawler.request.route import route
from crawler.request.session import COMMAND_LINE, Session, load_session

LANGUAGES = ("ja", "en", "ko", "zh", "zh_tw")
SWITCHES = ("0", "1", "True", "true", "False", "false")


NUMBERS = (
    "DOWNLOAD_DELAY", "DOWNLOAD_DELAY_JITTER", "THROTTLE_PAUSE", "THROTTLE_PAUSE_MAX",
    "THROTTLE_TIMES", "PROGRESS_INTERVAL", "ARCHIVE_PATIENCE", "DOWNLOAD_TIMEOUT", "RETRY_TIMES",
    "CONCURRENT_REQUESTS",
)  # fmt: skip


def check(settings: Settings) -> Session | None:
    """The session, if one is given, once all is checked that a crawl depends on.

    Raises GateError, SessionError or ArchiveError naming the setting and what is valid.
    """
    check_numbers(settings)
    _check_choice("ALLOW_R18", str(settings.get("ALLOW_R18")), SWITCHES[:2], SWITCHES)
    _check_choice("PIXIV_PREMIUM", str(settings.get("PIXIV_PREMIUM")), SWITCHES[:2], SWITCHES)
    levels = tuple(logging.getLevelNamesMapping())
    _check_choice("LOG_LEVEL", str(settings.get("LOG_LEVEL")), levels, (*levels, "10", "20", "30"))
    _check_choice("PIXIV_LANG", str(settings.get("PIXIV_LANG")), LANGUAGES, LANGUAGES)
    address = archive_url(settings["ARCHIVE_URL"])
    is_shown = (settings.getpriority("ARCHIVE_URL") or 0) >= COMMAND_LINE
    if is_shown and (address.password or "password" in address.query):
        raise ArchiveError(
            "ARCHIVE_URL holds a password and must not stand on a command line, where others can"
            " read it: set it in the environment instead"
        )
    _check_components(settings)
    session = load_session(settings)
    route(settings, has_session=session is not None)
    pace(settings)
    _check_folder(Path(ROOT, settings["CAPTURE_DIR"]))
    return session


COMPONENTS = {
    "ITEM_PIPELINES": ("crawler.pipelines.store.StorePipeline",),
    "EXTENSIONS": ("crawler.extensions.outcome.OutcomeExtension",),
    "DOWNLOADER_MIDDLEWARES": (
        "crawler.request.middleware.CaptureMiddleware",
        "crawler.request.middleware.GateMiddleware",
        "crawler.request.robots.RobotsMiddleware",
    ),
}
"""What an archive cannot be without: Scrapy's -s replaces such a setting whole."""


def _check_components(settings: Settings) -> None:
    for name, needed in COMPONENTS.items():
        there = settings.getdict(name)
        missing = [one for one in needed if there.get(one) is None]
        if missing:
            raise GateError(
                f"{name} is without {', '.join(missing)}, so nothing would be archived as it should be:"
                f" -s {name}=… replaces the project's own. Add yours to crawler/settings.py, or in an"
                f" add-on (docs/architecture.md, Your own components); there is: {', '.join(map(str, there)) or 'nothing'}"
            )


def check_numbers(settings: Settings) -> None:
    """Raises GateError naming a setting that is no number of 0 or more."""
    for name in NUMBERS:
        _check_number(name, str(settings.get(name)))


def _check_number(name: str, text: str) -> None:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise GateError(f"{name}={text}: a number of 0 or more")


def _check_choice(name: str, text: str, shown: tuple[str, ...], valid: tuple[str, ...]) -> None:
    if text not in valid:
        raise GateError(f"{name}={text}: no such value; valid: {', '.join(shown)}")


def _check_folder(folder: Path) -> None:
    try:
        private_folder(folder)
    except OSError as error:
        raise GateError(f"CAPTURE_DIR {folder}: {error.strerror}: replies cannot be kept") from None
    if not os.access(folder, os.W_OK):
        raise GateError(f"CAPTURE_DIR {folder}: not writable: replies cannot be kept")
