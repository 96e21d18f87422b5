"""`./run worker`: do queued tasks, on as many machines as there are."""

from __future__ import annotations

import argparse
from typing import ClassVar

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument

PORTS = 65_536


class Command(OwnCommand):
    """One process does many tasks; the rate limiter is that of all machines on the archive."""

    examples = ("worker --schedule nightly,weekly", "worker --replay --drain")

    usage = "[options] | shell [COMMAND]"
    summary = "Do tasks of jobs, or of replays, that were queued (--enqueue) on PostgreSQL"
    flags: ClassVar = {
        "--replay": "archive captures (replay --enqueue), send no request",
        "--drain": "end when nothing is left, instead of waiting",
    }

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--account",
            default="",
            metavar="NAME",
            help="whose feeds are crawled: the session is PIXIV_PHPSESSID_NAME, or in the file that"
            " PIXIV_PHPSESSID_NAME_FILE names",
        )
        parser.add_argument(
            "--schedule",
            default="",
            metavar="JOB,JOB",
            help="queue these jobs when they are due: once, however many workers name them",
        )
        parser.add_argument(
            "--health",
            type=int,
            metavar="PORT",
            help="answer http://127.0.0.1:PORT with 200 if the worker is well, else 503",
        )

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.console import preflight
        from crawler.workers.app import check_usable, open_shell

        if args[:1] == ["shell"]:
            check_usable(self.settings["ARCHIVE_URL"])
            return open_shell(self.settings["ARCHIVE_URL"], args[1:])
        if args:
            raise BadArgument("worker takes options (--account, --replay, --schedule, --health, --drain), or shell")
        if opts.replay and (opts.account or opts.schedule):
            raise BadArgument("--replay: no --account or --schedule beside it")
        if opts.health is not None and not 0 < opts.health < PORTS:
            raise BadArgument(f"--health {opts.health}: a port is a number from 1 to {PORTS - 1}")
        check_usable(self.settings["ARCHIVE_URL"])
        from crawler.workers.worker import Worker  # which needs what was checked

        if opts.schedule:
            from crawler.jobs import notify

            notify.check()
        settings = self.scrapy_settings
        if opts.account:
            settings.set("PIXIV_ACCOUNT", opts.account, "cmdline")
        if opts.replay:
            preflight.check_replay(settings)
        session = None if opts.replay else preflight.check(settings)
        scheduled = [name.strip() for name in opts.schedule.split(",") if name.strip()]
        worker = Worker(
            settings,
            session,
            scheduled,
            self.given,
            is_replaying=opts.replay,
            is_draining=opts.drain,
            health_port=opts.health,
        )
        return worker.run()
