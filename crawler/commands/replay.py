"""`./run replay`: archive from captures, through the same parse and pipelines, no request."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument


class Command(OwnCommand):
    """Reads finished files and those that a killed run left open; damaged records are named."""

    examples = ("replay", "replay days/ --as ranking --seen-at published", "replay --rebuild")

    usage = "[options] [FILES or FOLDERS]"
    summary = "Archive from captures (default: all of CAPTURE_DIR), without any request"
    flags: ClassVar = {
        "--dead": "only the responses with rejected rows (see status dead), after a fix",
        "--rebuild": "rebuild the archive from the captures beside the one in use, and put it in its place: after a change of the code that reads responses",
        "--drop-missing": "with --rebuild: drop rows of responses that no capture holds any more",
        "--enqueue": "let workers on many machines archive them (see worker --replay)",
        "--yes": "forget here too what a forgotten.json in a named folder lists (shown without --yes)",
    }

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        # Until the next release.
        parser.add_argument("--afresh", action="store_true", dest="rebuild", help=argparse.SUPPRESS)

        recorded = parser.add_argument_group("responses that other tools recorded as JSON, one a file or a line")
        recorded.add_argument(
            "--as",
            dest="endpoint",
            metavar="ENDPOINT[?NAME=VALUE&…]",
            help="what they answer: ranking, 'artwork?illust_id={stem}'; {stem}, {name}, groups of --name and values of the"
            " reply ({body.illustId}) fill in",
        )
        recorded.add_argument(
            "--name", metavar="REGEX", help="with named groups: what a file's name says, (?P<id>\\d+)"
        )
        recorded.add_argument(
            "--seen-at",
            metavar="WHEN",
            help="mtime (of the file; the default), published (of a ranking: noon in Japan of the day after), a time as"
            " 2024-02-07T03:00:00Z, or of the name: '{day:%%Y%%m%%d}'",
        )
        recorded.add_argument(
            "--source", default="", metavar="NAME", help="who recorded them, also for WARC files: saved with the run"
        )

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.console import preflight
        from crawler.places import ROOT
        from crawler.replay.replay import rebuild, replay, replay_dead

        settings = self.scrapy_settings
        preflight.check_replay(settings)
        _check(args, opts)
        captures = Path(ROOT, settings["CAPTURE_DIR"])
        paths = [Path(arg) for arg in args] or [captures]
        if opts.endpoint is not None:
            from crawler.replay.naming import Naming
            from crawler.replay.replay import replay_recorded

            naming = Naming.of(opts.endpoint, opts.name, opts.seen_at or "mtime", opts.source)
            return replay_recorded(
                settings, [Path(arg) for arg in args], captures, naming, is_time_given=opts.seen_at is not None
            )
        if opts.dead:
            return replay_dead(settings, captures)
        if opts.rebuild:
            return rebuild(settings, paths, captures, drop=opts.drop_missing, is_agreed=opts.yes)
        enqueue = _enqueue(settings["ARCHIVE_URL"]) if opts.enqueue else None
        return replay(settings, paths, captures, opts.source, is_agreed=opts.yes, enqueue=enqueue)


def _enqueue(url: str) -> Callable[[str, Sequence[Path]], int]:
    """Return the function that queues captures. Raises ArchiveError if there can be no queue."""
    from crawler.workers.app import check_usable

    # Before the import below, which fails without Procrastinate.
    check_usable(url)
    from crawler.workers.enqueue import enqueue_captures

    return enqueue_captures


def _check(args: list[str], opts: argparse.Namespace) -> None:
    """Raises BadArgument for options that do not go together."""
    is_other = opts.dead or opts.rebuild or opts.enqueue
    if opts.dead and opts.rebuild:
        raise BadArgument("--dead and --rebuild: one of them")
    if opts.drop_missing and not opts.rebuild:
        raise BadArgument("--drop-missing goes with --rebuild")
    if opts.dead and args:
        raise BadArgument("--dead knows its files: name none")
    if opts.endpoint is not None and is_other:
        raise BadArgument("--as goes only with files")
    if opts.enqueue and (opts.dead or opts.rebuild):
        raise BadArgument("--enqueue goes with neither --dead nor --rebuild: one process does these")
    if opts.endpoint is None and (opts.name or opts.seen_at):
        raise BadArgument(f"--{'name' if opts.name else 'seen-at'} goes with --as")
    if opts.source and (opts.dead or opts.rebuild or not args):
        raise BadArgument("--source goes with files that somebody else recorded")
