"""Errors, sorted by what one can do about them; every text is one for the user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import ClassVar

from crawler.places import with_extra

MOST_CHOICES = 10


def choices(wrong: str, valid: Iterable[str]) -> str:
    """Suggest the name that was meant, and list the valid ones: ten at most, the nearest first.

    >>> choices("dayly", ["daily", "weekly"])
    'Did you mean daily? Valid: daily, weekly'
    >>> choices("x", ["daily", "weekly"])
    'Valid: daily, weekly'
    """
    listed = list(valid)
    near = get_close_matches(wrong, listed, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    if len(listed) <= MOST_CHOICES:
        return f"{hint}Valid: {', '.join(listed) or 'none yet'}"
    shown = list(dict.fromkeys((*get_close_matches(wrong, listed, n=MOST_CHOICES), *listed)))[:MOST_CHOICES]
    return f"{hint}Valid: {', '.join(shown)} and {len(listed) - MOST_CHOICES} more"


class CrawlerError(Exception):
    """The root of the project's errors. exit_status: of a command that ends with it."""

    exit_status: ClassVar[int] = 1


class Unusable(CrawlerError):
    """Something given cannot be used; the text names what can. Give it otherwise.

    Nothing was requested of the site, and nothing was written.
    """

    exit_status = 2


class BadArgument(Unusable, ValueError):
    """An argument; the text names the valid ones."""


class JobError(Unusable):
    """A job file; the text says what is wrong and what is valid."""


class QueryError(Unusable):
    """A question; the text names the valid ones."""


class ReleaseError(Unusable):
    """A folder as a release; the text says what is wrong with it."""


class SessionError(Unusable):
    """The session; the text says how to give it."""


class SettingError(Unusable):
    """A setting has a value that is not valid."""


class HeldError(SettingError):
    """Another crawl has the account: nothing is wrong. Wait for it."""


class NotDone(CrawlerError):
    """A task of a worker failed. It is tried again, later or by another worker."""


class GivenUp(CrawlerError):
    """A task of a worker that no other try can do: it is not tried again."""


class ListError(Unusable):
    """The list of what is forgotten, beside the captures."""


class ArchiveError(Unusable):
    """The archive as it is; the text says what to do."""


class Unreachable(ArchiveError):
    """The database server is away, or refuses for now. Ask the same again."""


class Missing(ArchiveError):
    """Responses of the archive are in no capture that was read. Name the files that hold them.

    places: the moment and the file of each.
    """

    def __init__(self, places: Sequence[tuple[int, str]]) -> None:
        super().__init__(f"{len(places):,} responses of the archive are in no capture that was read")
        self.places = places


class NotStored(CrawlerError):
    """The database did not take something: nothing of it is stored, and it stays due. Run again."""


class DoesNotFit(NotStored):
    """It did not take the values of this page; it may take those of the next. Mend the code, replay."""


class Collision(CrawlerError):
    """Two different responses claim one moment: the second is refused and stays due. Run again."""


class NotRewritten(CrawlerError):
    """A file of captures cannot be rewritten as it is, and is left alone. The text says why."""


class TooLarge(CrawlerError):
    """A response unpacks to more than is read. It costs itself, no other reply."""


class TooDeep(CrawlerError, ValueError):
    """JSON is nested more deeply than is read. It costs itself, no other reply."""

    def __init__(self, most: int) -> None:
        """most: how deep is read."""
        super().__init__(f"its JSON is nested more than {most} deep")


class NoKey(CrawlerError, ValueError):
    """An element is without a column without which there is no row. The row is refused, or no row."""


class Stopped(CrawlerError):
    """The job is to stop. Run it again."""


@contextmanager
def needed(extra: str) -> Iterator[None]:
    """Say which extra is missing, where an import fails for it. Raises BadArgument."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise BadArgument(f"{error.name} is not installed: {with_extra(extra)}") from None
