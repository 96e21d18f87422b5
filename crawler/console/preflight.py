"""Settings checked before anything is started, so that an error is one line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings, Settings
from scrapy.utils.misc import load_object

from crawler.archive.database.engine import archive_file, refuse_shown_password
from crawler.errors import ArchiveError, SettingError
from crawler.extensions.feeds import check_feeds
from crawler.fetch.rate_limiter import pace
from crawler.fetch.route import route
from crawler.fetch.session import COMMAND_LINE, Session, load_session
from crawler.files import private_folder
from crawler.places import ROOT, command, page
from crawler.setting_defaults import SETTINGS, Setting, number

OF_SCRAPY = {
    "DOWNLOAD_DELAY_JITTER": number(),
    "DOWNLOAD_TIMEOUT": number(),
    "RETRY_TIMES": number(),
    "CONCURRENT_REQUESTS": number(1),
    "CONCURRENT_ITEMS": number(1),
}
"""Settings of Scrapy that it reads without a check."""


def check(settings: Settings) -> Session | None:
    """The session, if one is given, once all is checked that a crawl depends on.

    Raises SettingError, SessionError or ArchiveError naming the setting and what is valid.
    """
    check_values(settings)
    # From the environment it may hold a password: others cannot read that.
    if (settings.getpriority("ARCHIVE_URL") or 0) >= COMMAND_LINE:
        refuse_shown_password(settings["ARCHIVE_URL"])
    check_components(settings)
    if settings["FEEDS"]:
        check_feeds(settings)
    session = load_session(settings)
    # For its refusals alone, as `pace` below.
    route(settings, has_session=session is not None)
    pace(settings)
    _check_folder(Path(ROOT, settings["CAPTURE_DIR"]))
    check_archive(settings)
    return session


def check_archive(settings: BaseSettings, *, was_used: bool = False) -> None:
    """Refuse to begin a new archive in place of one that was there: its disk may not be mounted. Raises ArchiveError.

    was_used: a job has run with it; else its captures show that it was there.
    """
    file = archive_file(settings["ARCHIVE_URL"])
    if file is None or Path(file).exists():
        return
    if was_used or any(Path(ROOT, settings["CAPTURE_DIR"]).glob("*/*.warc.gz")):
        raise ArchiveError(
            f"no archive {file}: is its disk mounted? It was there: jobs have run with it, or its captures are there. Restore a"
            f" copy, or rebuild it with {command('replay')}. To begin a new one instead: {command('upgrade --init')}"
        )


def check_replay(settings: Settings) -> None:
    """Check what a replay depends on. Raises SettingError.

    It goes past pipelines, so one of the user's own is named: its absence would be silent.
    """
    check_values(settings)
    there = _components(settings, "ITEM_PIPELINES")
    others = [str(one) for one in there if one not in COMPONENTS["ITEM_PIPELINES"]]
    if others:
        sys.stderr.write(
            f"A replay stores what captures hold and passes no pipeline of your own: {', '.join(others)}\n"
        )


COMPONENTS = {
    "ITEM_PIPELINES": ("crawler.pipelines.StorePipeline",),
    "EXTENSIONS": ("crawler.extensions.outcome.OutcomeExtension",),
    "DOWNLOADER_MIDDLEWARES": (
        "crawler.fetch.middleware.CaptureMiddleware",
        "crawler.fetch.middleware.GateMiddleware",
        "crawler.fetch.middleware.RobotsMiddleware",
    ),
}
"""Components that an archive cannot be without: Scrapy's -s replaces all of such a setting."""


SPIDERS, HANDLER = "crawler.spiders", "crawler.fetch.middleware.SessionDownloadHandler"
SINGLE = ("DUPEFILTER_CLASS", "LOG_FORMATTER", "SCHEDULER", "STATS_CLASS")
"""Settings that name one component."""


def check_components(settings: Settings) -> None:
    """Raises SettingError for components that cannot be loaded, or without what an archive needs."""
    for name in ("ADDONS", *COMPONENTS, "SPIDER_MIDDLEWARES"):
        there = _components(settings, name)
        if name == "ADDONS" and (wrong := [one for one in there if not isinstance(load_object(one), type)]):
            raise SettingError(f"ADDONS: {wrong[0]} is no class")
        missing = [one for one in COMPONENTS.get(name, ()) if there.get(one) is None]
        if missing:
            raise SettingError(
                f"{name} is without {', '.join(missing)}, so nothing would be archived as it should be:"
                f" -s {name}=… replaces the project's own. Add yours to crawler/settings.py, or in an"
                f" add-on ({page('howto/extend-scrapy.md')}); there is: {', '.join(map(str, there)) or 'nothing'}"
            )
    for name in SINGLE:
        _check_loads(name, settings[name])
    if SPIDERS not in settings.getlist("SPIDER_MODULES"):
        raise SettingError(f"SPIDER_MODULES is without {SPIDERS}: add yours, separated by commas")
    handlers = _components(settings, "DOWNLOAD_HANDLERS")
    own = load_object(HANDLER)
    given = [handlers.get(scheme) for scheme in ("http", "https")]
    if not all(one is not None and issubclass(load_object(one), own) for one in given):
        raise SettingError(
            f"DOWNLOAD_HANDLERS: http and https go through {HANDLER}, which keeps the rate limit and"
            " adds the session; others would send as fast as they can"
        )


def _components(settings: Settings, name: str) -> dict[Any, Any]:
    """The components that a setting names, each of which can be loaded."""
    try:
        there = dict(settings.getdict(name))
        is_ordered = name == "DOWNLOAD_HANDLERS" or all(
            place is None or isinstance(place, (int, float)) for place in there.values()
        )
    except (TypeError, ValueError):
        is_ordered = False
    if not is_ordered:
        form = '{"package.module.Class": 100}'
        raise SettingError(f"{name}={settings.get(name)!r}: components with their places: {form}")
    for component, place in there.items():
        if place is not None:
            _check_loads(name, place if name == "DOWNLOAD_HANDLERS" else component)
    return there


def _check_loads(name: str, component: Any) -> None:
    try:
        load_object(component)
    except (AttributeError, ImportError, NameError, TypeError, ValueError) as error:
        raise SettingError(f"{name}: {component} cannot be loaded: {error}") from None


def check_values(settings: Settings) -> None:
    """Raises SettingError naming a setting whose value is not valid, and what is."""
    declared = [Setting(name, "0", "", check) for name, check in OF_SCRAPY.items()]
    for one in (*SETTINGS, *declared):
        # Scrapy has turned ADDONS into an object already.
        is_read = one.name == "ADDONS"
        refusal = one.refusal(
            os.environ.get(one.name) or one.default if is_read else settings.get(one.name, one.default)
        )
        if refusal:
            raise SettingError(refusal)


def _check_folder(folder: Path) -> None:
    try:
        private_folder(folder)
    except OSError as error:
        raise SettingError(f"CAPTURE_DIR {folder}: {error.strerror}: responses cannot be saved") from None
    if not os.access(folder, os.W_OK):
        raise SettingError(f"CAPTURE_DIR {folder}: not writable: responses cannot be saved")
