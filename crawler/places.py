"""Paths of the project's own files, the base of relative paths, and the form of its commands: a checkout, or an installed package."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IS_CHECKOUT = (PACKAGE.parent / "scrapy.cfg").is_file()
SHIPPED = PACKAGE.parent if IS_CHECKOUT else PACKAGE / "shipped"
"""Folder beside the code: migrations, queries, jobs."""


def _root() -> Path:
    if IS_CHECKOUT:
        return PACKAGE.parent
    import platformdirs  # noqa: PLC0415  # a checkout does not need it here

    return platformdirs.user_data_path("pixiv-archive")


ROOT = _root()
"""Relative paths of settings are below it: the checkout, or the user's data folder."""


def state_folder(given: str) -> Path:
    """Return the folder of this machine's own state. given: STATE_DIR, "" for the user's state folder."""
    import platformdirs  # noqa: PLC0415  # most commands need none

    return Path(given) if given else platformdirs.user_state_path("pixiv-archive")


def command(words: str = "") -> str:
    """Return a command of the project as its reader types it.

    >>> command("status --check")
    './run status --check'
    """
    return f"{'./run' if IS_CHECKOUT else 'pixiv-archive'} {words}".rstrip()
