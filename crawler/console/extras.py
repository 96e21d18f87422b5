"""Libraries that are installed only with an extra of the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crawler.errors import BadArgument


@contextmanager
def needed(extra: str) -> Iterator[None]:
    """Say which extra is missing, where an import fails for it. Raises BadArgument."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise BadArgument(
            f"{error.name} is not installed: pip install 'pixiv-archive[{extra}]' (in a checkout, ./run has it)"
        ) from None
