"""Paths of the project's own files, the base of relative paths, and the form of its commands: a checkout, or an installed package."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IS_CHECKOUT = (PACKAGE.parent / "scrapy.cfg").is_file()
SHIPPED = PACKAGE.parent if IS_CHECKOUT else PACKAGE / "shipped"
"""Folder beside the code: migrations, queries, jobs, docs."""


if IS_CHECKOUT:
    ROOT = PACKAGE.parent
else:  # a checkout does not need it here
    import platformdirs

    ROOT = platformdirs.user_data_path("pixiv-archive")
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


def config_home() -> Path:
    """Return the folder of the user's own settings."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def environment_file(config: Path | None = None) -> Path:
    """Return the file of settings that scheduled runs read. config: another user's folder of settings."""
    return (config or config_home()) / "pixiv-archive/environment"


def page(name: str) -> str:
    """Return where a page of the documentation is: in the checkout, or beside the installed code.

    >>> page("howto/nightly.md")
    'docs/howto/nightly.md'
    """
    return f"docs/{name}" if IS_CHECKOUT else str(SHIPPED / "docs" / name)


def with_extra(extra: str) -> str:
    """Return how an extra is installed from where the package came.

    Not from PyPI: the name is not registered there, so whoever registers it could ship code to those who follow a hint.

    >>> with_extra("export")
    'start the command with ./run, which installs it'
    """
    if IS_CHECKOUT:
        return "start the command with ./run, which installs it"
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415  # for a message that is rare

    try:
        came_from = json.loads(distribution("pixiv-archive").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        came_from = {}
    if "url" not in came_from:
        return f"install the package once more from where you have it, with [{extra}] behind its name"
    version = came_from.get("vcs_info", {})
    path = came_from["url"].removeprefix("file://")
    if path.startswith("/") and not Path(path).exists():  # it was removed after it was installed, as in a container
        return (
            f"it is not in this installation; install it once more with [{extra}], a container with its build argument"
        )
    source = f"{version['vcs']}+{came_from['url']}@{version['commit_id']}" if version else came_from["url"]
    return f"{sys.executable} -m pip install 'pixiv-archive[{extra}] @ {source}'"
