"""Where the project's own files lie, and what relative paths are below: a checkout, or an installed package."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IS_CHECKOUT = (PACKAGE.parent / "scrapy.cfg").is_file()
SHIPPED = PACKAGE.parent if IS_CHECKOUT else PACKAGE / "shipped"
"""What is beside the code: migrations, queries, jobs."""


def _root() -> Path:
    if IS_CHECKOUT:
        return PACKAGE.parent
    import platformdirs  # noqa: PLC0415  # a checkout does not need it here

    return platformdirs.user_data_path("pixiv-archive")


ROOT = _root()
"""Relative paths of settings are below it: the checkout, or the user's data folder."""
UPGRADE = "./run scrapy upgrade" if IS_CHECKOUT else "pixiv-archive upgrade"
"""What brings an archive to this version."""
