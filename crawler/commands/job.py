"""`./run job`: run job files, or show what one would cost."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import ClassVar

from crawler.console.command import Command as OwnCommand
from crawler.errors import BadArgument, choices

VERBS = ("run", "plan", "list", "install", "remove", "notify")


class Command(OwnCommand):
    """A job is a file of steps; each step is a crawl in a process of its own."""

    examples = ("job list", "job plan nightly", "job run nightly", "job install nightly --yes")

    usage = "run|plan|install NAME or FILE.toml | remove NAME | list | notify --test   [-a NAME=VALUE]"
    summary = "Run a job of jobs/*.toml, plan it (nothing is sent), or have it run by itself"
    flags: ClassVar = {
        "--quiet": "print nothing, unless there is trouble",
        "--if-due": "for run: only if the job was due since its last run, and is not under way (for cron)",
        "--enqueue": "for run: queue its pieces for workers on many machines (see worker)",
        "--test": "for notify: send a message and call the heartbeat",
        "--system": "for install: print the commands by which root installs it for all of the machine (| sudo sh)",
        "--yes": "for install: write what was shown, and start it",
    }

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-a",
            dest="spargs",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="an argument in place of the job's own (repeat for several)",
        )

        parser.add_argument("--user", default="", metavar="NAME", help="with --system: who runs the job")

    def show(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.console.show import end_with_reader
        from crawler.jobs import install
        from crawler.places import ROOT

        folder = Path(ROOT, self.settings["JOB_DIR"])
        if not args or args[0] not in VERBS:
            raise BadArgument(f"say what to do. {choices(args[0] if args else '', VERBS)}")
        # A run has sockets; one that breaks would end it in silence.
        if args[0] != "run":
            end_with_reader()
        if args[0] == "list":
            install.show_jobs(folder, self.settings["ARCHIVE_URL"])
            return 0
        if args[0] == "notify":
            if args[1:] or not opts.test:
                raise BadArgument("job notify --test sends a test message to JOB_NOTIFY and calls JOB_HEARTBEAT")
            return install.test_messages()
        name = args[1] if len(args) == 2 else ""
        if args[0] == "install":
            if opts.system != bool(opts.user) or (opts.system and opts.yes):
                raise BadArgument("say --system --user NAME, without --yes: root runs what is printed")
            return install.install(folder, name, self.given, is_for_sure=opts.yes, system_user=opts.user)
        if args[0] == "remove":
            return install.remove(name)
        from crawler.console import preflight
        from crawler.jobs import command, plan

        settings = self.scrapy_settings
        if args[0] == "plan":
            job = command.read_job(folder, name, opts.spargs, settings)
            return plan.show(job, settings, is_changed=bool(opts.spargs))
        if opts.if_due and not command.is_due(folder, name, settings):
            return 0
        with command.told_if_not_begun(folder, name, settings):
            # Before the job is read: its plan would begin an archive where there is none.
            preflight.check_archive(settings, was_used=command.has_run(name, settings))
            read = partial(command.read_job, folder, name, opts.spargs, settings, is_queued=opts.enqueue)
            job = command.patiently(read, settings)
            if opts.enqueue:
                from crawler.workers.app import check_usable

                # Before the import below, which fails without Procrastinate.
                check_usable(settings["ARCHIVE_URL"])
                from crawler.workers.enqueue import enqueue_job

                return enqueue_job(job, settings)
            return command.start_job(job, settings, self.given, is_quiet=opts.quiet)
