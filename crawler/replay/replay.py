"""Replay of captures into the archive in use, or into one that takes its place."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from scrapy.settings import Settings
from sqlalchemy.exc import SQLAlchemyError

from crawler.archive.database.engine import check_site, explain, opened, reading
from crawler.archive.rebuild import Place, beside, swap
from crawler.archive.saved_state import FOLDER, restore
from crawler.archive.status_queries import dead_places, digest_at
from crawler.archive.writing.store import Store
from crawler.capture.reader import Findings, read_replies, warc_files
from crawler.capture.record import target_of
from crawler.capture.writer import OPEN, finish
from crawler.errors import ArchiveError, BadArgument, ListError, Missing
from crawler.fetch.run import Run
from crawler.forget.suppressions import Entry, foreign_lists, listed, read_list, take_over
from crawler.model.page import Page
from crawler.model.run_summary import REPLAYED
from crawler.parse import parse
from crawler.pipelines import recover
from crawler.places import command
from crawler.replay.naming import SUFFIX, Naming
from crawler.replay.parsing import is_of_site
from crawler.replay.recorded import (
    Recorded,
    Taken,
    check_file_times,
    json_files,
    json_replies,
    own_copy,
    take_in,
    warc_replies,
)
from crawler.replay.run import Replay
from crawler.words import clean, counted

SHOWN_FILES = 10


def replay(
    settings: Settings,
    paths: Sequence[Path],
    captures: Path,
    source: str = "",
    *,
    is_agreed: bool = False,
    enqueue: Callable[[str, Sequence[Path]], int] | None = None,
) -> int:
    """Archive what files and folders hold; returns the exit status. Raises BadArgument.

    is_agreed: what lists of those folders name is forgotten here too. enqueue: queues captures in an archive for workers,
    which archive them instead.

    captures: the archive's own. What lies elsewhere is taken in there first: kept before understood, and there for what
    is rebuilt, forgotten or merged. source: who recorded it.
    """
    files = files_of(paths)
    forgotten = _forgotten_elsewhere(settings, paths, captures, is_agreed=is_agreed)
    if captures in paths:
        _restore_state(settings, captures)
    places = {file: own_copy(file, captures) for file in files}
    own = [place for place in places.values() if place is not None]
    foreign = [file for file, place in places.items() if place is None]
    taken = Taken(files=len(foreign))
    if foreign:
        base = settings["PIXIV_BASE_URL"]
        replies = warc_replies(foreign, taken, partial(is_of_site, base_url=base))
        about = {"files": ", ".join(file.name for file in foreign), "source": source}
        _take_in(settings, replies, taken, captures, about)
    if enqueue is None:
        return _archive(settings, own, taken, forgotten)
    with opened(settings["ARCHIVE_URL"], is_new=True) as engine:
        # Before anything is queued: workers on other machines do not see this list.
        take_over(engine, forgotten)
    status = enqueue(settings["ARCHIVE_URL"], [*own, *([finish(taken.capture)] if taken.capture else [])])
    return 1 if taken.refused else status


def replay_recorded(
    settings: Settings, paths: Sequence[Path], captures: Path, naming: Naming, *, is_time_given: bool
) -> int:
    """Archive responses that others recorded as JSON; returns the exit status. Raises Unusable.

    is_time_given: somebody said when they were seen; else file times that look like a copy's are refused.
    """
    taken = Taken()
    files = json_files(paths, taken)
    if not is_time_given:
        check_file_times(files)
    replies = json_replies(files, taken, naming)
    _take_in(settings, replies, taken, captures, naming.about)
    return _archive(settings, [], taken)


def _take_in(
    settings: Settings, replies: Iterator[Recorded], taken: Taken, captures: Path, about: dict[str, str]
) -> None:
    """Take responses in, and say what became of them."""
    run = Run.begin("replay", about)
    with opened(settings["ARCHIVE_URL"], is_new=True) as engine, closing(Store(engine)) as store:
        check_site(engine, settings["PIXIV_BASE_URL"])
        recover(store, captures)  # what an earlier one that was stopped has taken in
        # A run that is known: what is left open of it is archived by whoever comes next.
        row = {**run.begun(time.time_ns()), "outcome": REPLAYED}
        with reading(engine) as connection:
            known = partial(digest_at, connection)
            take_in(replies, taken, captures, known, run, partial(store.begin_crawl, row))
    for line in taken.refused:
        print(clean(line), file=sys.stderr)
    passed = f", {taken.passed:,} others passed over" if taken.passed else ""
    revisits = counted(taken.revisits, "revisit record") if taken.revisits else ""
    more = f", {revisits} left out (the response is elsewhere)" if revisits else ""
    print(
        f"{counted(taken.new, 'response')} of {counted(taken.files, 'file')} imported,"
        f" {taken.known:,} known before, {len(taken.refused):,} refused{passed}{more}",
        file=sys.stderr,
    )


def _archive(settings: Settings, own: Sequence[Path], taken: Taken, forgotten: Sequence[Entry] = ()) -> int:
    """Archive captures and what was taken in; returns the exit status."""
    files = [*own, *([taken.capture] if taken.capture else [])]
    status, is_done = Replay(settings, files, forgotten=forgotten).run() if files else (0, True)
    # Its final name says that all of it is archived; else the next run archives what is missing.
    if taken.capture and is_done:
        finish(taken.capture)
    return 1 if taken.refused else status


def replay_dead(settings: Settings, captures: Path) -> int:
    """Archive the responses that hold rejected rows again; returns the exit status. Raises Unusable."""
    with opened(settings["ARCHIVE_URL"]) as engine, reading(engine) as connection:
        places = dead_places(connection)
    if not places:
        print("OK: no row was rejected")
        return 0
    only = frozenset(observed_at for observed_at, _ in places)
    holding = sorted({name for _, name in places})
    files = files_of([_finished_or_open(captures / name) for name in holding])
    return Replay(settings, files, only).run()[0]


def rebuild(settings: Settings, paths: Sequence[Path], captures: Path, *, drop: bool, is_agreed: bool = False) -> int:
    """Build the archive anew and put it in its place; returns the exit status. Raises Unusable.

    drop: let go what was read of responses that no capture holds any more.
    """
    files, url = files_of(paths), settings["ARCHIVE_URL"]
    with opened(url, is_new=True) as engine:
        check_site(engine, settings["PIXIV_BASE_URL"])
    forgotten = _forgotten_elsewhere(settings, paths, captures, is_agreed=is_agreed)
    if captures in paths:
        _restore_state(settings, captures)
    try:
        with beside(url) as new:
            # The highest priority: ARCHIVE_URL may be given by -s, which has it as well.
            settings.set("ARCHIVE_URL", new, priority="cmdline")
            status, is_done = Replay(settings, files, forgotten=forgotten).run()
            # A build that was stopped lacks rows, which --drop-missing would let go as if no capture held them.
            if not is_done:
                print("INCOMPLETE: the archive is unchanged.", file=sys.stderr)
                return 1
            # CAPTURE_DIR too, whatever was named: crawls went on while the archive was built.
            read = partial(_read_again, [*files, captures])
            lost = swap(url, new, read, drop=drop)
    except Missing as error:
        for line in _missing_files(error.places):
            print(line, file=sys.stderr)
        print(
            f"INCOMPLETE: {error}: the archive is unchanged. Name the files or folders that hold"
            " them, or let their rows go with --drop-missing.",
            file=sys.stderr,
        )
        return 1
    except SQLAlchemyError as error:
        raise ArchiveError(f"the archive is unchanged: {explain(error)}") from None
    dropped = f"; the rows of {lost:,} responses are gone" if lost else ""
    print(f"The archive is rebuilt and in its place{dropped}.", file=sys.stderr)
    return status


def _restore_state(settings: Settings, captures: Path) -> None:
    """Bring back what no response holds: of an archive that was lost, or is new here. Raises ArchiveError, ListError."""
    with opened(settings["ARCHIVE_URL"], is_new=True) as engine:
        check_site(engine, settings["PIXIV_BASE_URL"])
        take_over(engine, read_list(captures))
        count = restore(engine, captures)
    if count:
        print(
            f"{counted(count, 'row')} brought back from {captures / FOLDER}: what is tracked and drawn, runs, actions",
            file=sys.stderr,
        )


def _forgotten_elsewhere(settings: Settings, paths: Sequence[Path], captures: Path, *, is_agreed: bool) -> list[Entry]:
    """Return what lists in other folders name, if the user agrees that it is forgotten here too. Raises BadArgument."""
    try:
        lists = foreign_lists(paths, captures)
    except ListError as error:
        raise BadArgument(str(error)) from None
    for file, entries in lists.items():
        with opened(settings["ARCHIVE_URL"], is_new=True) as engine:
            here = {(one["kind"], one["thing_id"]) for one in listed(engine)}
        new = sorted({(one["kind"], one["thing_id"]) for one in entries} - here)
        if not new:
            continue
        named = ", ".join(f"{kind} {thing}" for kind, thing in new[:SHOWN_FILES])
        more = f" and {len(new) - SHOWN_FILES:,} more" if len(new) > SHOWN_FILES else ""
        text = f"{file} lists {counted(len(new), 'thing')} that somebody forgot elsewhere: {named}{more}"
        if not is_agreed:
            raise BadArgument(
                f"{text}. Nothing was read or removed. With --yes they are forgotten here too, and their rows"
                f" removed; what would go: {command('forget')} KIND ID. Without the file the captures are read as they are."
            )
        print(f"{text}. They are forgotten here too.", file=sys.stderr)
    return [entry for entries in lists.values() for entry in entries]


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The WARC files of files and folders. Raises BadArgument where there is none."""
    try:
        files = warc_files(list(paths))
    except FileNotFoundError as error:
        raise BadArgument(str(error)) from None
    if not files:
        names = ", ".join(map(str, paths))
        raise BadArgument(f"no WARC file (.warc, .warc.gz) in {names}")
    for file in files:
        if SUFFIX.search(file.name):
            raise BadArgument(f"{file} is no WARC file: of JSON say what it answers, --as ENDPOINT")
    return files


def _finished_or_open(path: Path) -> Path:
    """A capture, or what a killed run left open of it."""
    left_open = path.with_name(path.name + OPEN)
    return left_open if not path.exists() and left_open.exists() else path


def _read_again(paths: list[Path], places: list[Place]) -> Iterator[Page]:
    """The pages of responses that came while the archive was built, as far as files hold them."""
    wanted = {place.moment for place in places}
    names = {Path(place.file).name for place in places}
    for file in warc_files([path for path in paths if path.exists()]):
        if file.name.removesuffix(OPEN) in names:
            for reply, about in read_replies(file, file.name, Findings()):
                target = target_of(reply, about) if reply.observed_at in wanted else None
                if target is not None:
                    yield parse(target, reply)


def _missing_files(places: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Yield the files with most of the missing responses, in lines."""
    counted_files = Counter(file for _, file in places).most_common()
    for name, count in counted_files[:SHOWN_FILES]:
        yield f"  {counted(count, 'response')} of {name or 'a file without a name'}"
    if len(counted_files) > SHOWN_FILES:
        yield f"  … and {len(counted_files) - SHOWN_FILES:,} more files"
