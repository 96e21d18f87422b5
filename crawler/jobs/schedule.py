"""A job as a timer of the user's systemd, or as a line of the crontab where there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from shlex import quote
from types import MappingProxyType
from typing import NamedTuple

from crawler.archive.engine import holds_password
from crawler.config import OF_FILE, SETTINGS, VARIABLE
from crawler.errors import JobError
from crawler.jobs.calendar import in_zone, on_calendar
from crawler.jobs.notify import ADDRESSES, HEARTBEAT
from crawler.places import IS_CHECKOUT, ROOT

SECRET_NAME = re.compile(r"PASS|TOKEN|SECRET|KEY|AUTH|COOKIE", re.IGNORECASE)
PREFIX = "pixiv-archive-"
NONE = "neither a systemd of the user's own nor a crontab is here: start that line by what there is"
NOT_DECLARED = (
    "http_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "XDG_STATE_HOME",
)  # fmt: skip
"""Variables that shape requests, besides the declared settings."""


class Installable(NamedTuple):
    """A job to be installed.

    command: absolute; environment: settings as they are now; left_out: names of those that are secret; file: of
    variables that may hold secrets, read at each run: what it sets wins.
    """

    name: str
    description: str
    when: str
    zone: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    left_out: Sequence[str]
    file: Path


def installable(
    name: str,
    description: str,
    when: str | None,
    zone: str,
    job: str,
    given: Mapping[str, str] = MappingProxyType({}),
) -> Installable:
    """Return what is to be installed of a job. Raises JobError.

    job: its name, or the path of its file; given: settings of the command line. The run has the settings that are
    set now, so that it does what was tried.
    """
    if when is None:
        raise JobError(f'{name} does not say when: add when = "40 12 * * *" to its file')
    declared = {one.name for one in SETTINGS}
    found = {
        one: value
        for one, value in (os.environ | dict(given)).items()
        if value and (one in declared or one in NOT_DECLARED or one.startswith(VARIABLE))
    }
    left_out = sorted(one for one, value in found.items() if _is_secret(one, value))
    environment = {
        one: str(Path(value).expanduser().resolve())
        if one.endswith(OF_FILE) or one == "STATE_DIR"
        else value
        for one, value in sorted(found.items())
        if one not in left_out
    }
    others = {one: value for one, value in given.items() if one not in found}
    # Of settings that are not ours nobody knows which are secret, but by their names.
    secret = [one for one in others if SECRET_NAME.search(one)]
    left_out = sorted([*left_out, *secret])
    options = [f"-s{one}={value}" for one, value in others.items() if one not in secret]
    # ./run makes the environment again if Python was upgraded meanwhile.
    start = (str(ROOT / "run"),) if IS_CHECKOUT else (sys.executable, "-P", "-m", "crawler")
    command = (*start, "job", "run", job, "--quiet", *options)
    file = _config() / "pixiv-archive/environment"
    return Installable(name, description, when, zone, command, environment, left_out, file)


def _is_secret(name: str, value: str) -> bool:
    """Return True if a setting is for the file that only its owner can read."""
    if name == "ARCHIVE_URL":
        return holds_password(value)
    if name.lower().endswith("_proxy"):
        return "@" in value
    is_session = name.startswith(VARIABLE) and not name.endswith(OF_FILE)
    return is_session or name in (ADDRESSES, HEARTBEAT)


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


class Scheduler(ABC):
    """What starts jobs on this machine."""

    name: str

    @abstractmethod
    def texts(self, job: Installable, now: datetime) -> dict[str, str]:
        """What would be written, by where. Raises JobError."""

    @abstractmethod
    def install(self, job: Installable, now: datetime) -> list[str]:
        """Write and start it. Returns what is left for the user to do. Raises JobError."""

    @abstractmethod
    def remove(self, name: str) -> bool:
        """Stop and delete it; whether it was there. Raises JobError."""

    @abstractmethod
    def installed(self) -> list[str]:
        """The names of the jobs that are installed."""


class Systemd(Scheduler):
    """Timers of the user's own systemd: they catch up once after a machine was off."""

    name = "systemd"

    def __init__(self) -> None:
        self._folder = _config() / "systemd/user"

    def texts(self, job: Installable, now: datetime) -> dict[str, str]:
        unit = PREFIX + job.name
        set_here = "".join(
            f'Environment="{name}={_escaped(value)}"\n' for name, value in job.environment.items()
        )
        service = (
            f"[Unit]\nDescription=pixiv archive: {_escaped(job.description or job.name)}\n"
            "Wants=network-online.target\nAfter=network-online.target\n\n"
            f"[Service]\nType=oneshot\nWorkingDirectory={_escaped(str(ROOT))}\n{set_here}"
            # The dash: it need not be there.
            f"EnvironmentFile=-{_escaped(str(job.file))}\n"
            f"ExecStart={' '.join(map(_quoted, job.command))}\n"
        )
        timer = (
            f"[Unit]\nDescription=When {unit} is due\n\n"
            f"[Timer]\nOnCalendar={on_calendar(job.when, job.zone)}\n"
            "Persistent=true\n\n[Install]\nWantedBy=timers.target\n"
        )
        return {
            str(self._folder / f"{unit}.service"): service, str(self._folder / f"{unit}.timer"): timer,
        }  # fmt: skip

    def install(self, job: Installable, now: datetime) -> list[str]:
        ROOT.mkdir(parents=True, exist_ok=True)  # it is worked in
        self._folder.mkdir(parents=True, exist_ok=True)
        for path, text in self.texts(job, now).items():
            Path(path).write_text(text, encoding="utf-8")
        _run("systemctl", "--user", "daemon-reload")
        _run("systemctl", "--user", "enable", "--now", f"{PREFIX}{job.name}.timer")
        user = os.environ.get("USER") or str(os.getuid())
        lingers = _answer("loginctl", "show-user", user, "--property=Linger", "--value")
        if lingers.stdout.strip() == "yes":
            return []
        return [f"loginctl enable-linger {user}   # without it timers stop when you log out"]

    def remove(self, name: str) -> bool:
        unit = PREFIX + name
        files = [self._folder / f"{unit}.{kind}" for kind in ("timer", "service")]
        if not any(file.exists() for file in files):
            return False
        _run("systemctl", "--user", "disable", "--now", f"{unit}.timer")
        for file in files:
            file.unlink(missing_ok=True)
        _run("systemctl", "--user", "daemon-reload")
        return True

    def installed(self) -> list[str]:
        return sorted(
            path.stem.removeprefix(PREFIX) for path in self._folder.glob(f"{PREFIX}*.timer")
        )


class Crontab(Scheduler):
    """Lines of the user's crontab, in the machine's own zone."""

    name = "cron"

    def texts(self, job: Installable, now: datetime) -> dict[str, str]:
        own = now.astimezone().tzinfo
        assert own is not None
        when = in_zone(job.when, job.zone, own, now)
        # cron's environment is all but empty; its % is a line's end.
        variables = " ".join(f"{name}={quote(value)}" for name, value in job.environment.items())
        file = quote(str(job.file))
        read = f"[ -r {file} ] && set -a && . {file} && set +a;"
        command = " ".join(map(quote, job.command))
        # The file is read after the variables are set, so that it wins, as it does with systemd.
        set_here = f"export {variables}; " if variables else ""
        line = f"cd {quote(str(ROOT))} && {{ {set_here}{read} {command}; }}".replace("%", r"\%")
        return {"crontab": f"{when} {line} # {PREFIX}{job.name}\n"}

    def install(self, job: Installable, now: datetime) -> list[str]:
        left = [line for line in _crontab() if not line.endswith(f"# {PREFIX}{job.name}")]
        _write_crontab([*left, self.texts(job, now)["crontab"].rstrip("\n")])
        return []

    def remove(self, name: str) -> bool:
        lines = _crontab()
        left = [line for line in lines if not line.endswith(f"# {PREFIX}{name}")]
        if len(left) < len(lines):
            _write_crontab(left)
        return len(left) < len(lines)

    def installed(self) -> list[str]:
        marks = (line.rpartition(f"# {PREFIX}") for line in _crontab())
        return sorted(name for _, mark, name in marks if mark)


def scheduler() -> Scheduler:
    """The one of this machine. Raises JobError where there is none."""
    if _answer("systemctl", "--user", "show-environment").returncode == 0:
        return Systemd()
    if shutil.which("crontab"):
        return Crontab()
    raise JobError(NONE)


def _answer(*command: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """What a program of the machine answers. given: its standard input."""
    path = shutil.which(command[0])
    if path is None:
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]}: not there")
    return subprocess.run(
        [path, *command[1:]], input=given, capture_output=True, text=True, check=False
    )


def _run(*command: str, given: str | None = None) -> None:
    done = _answer(*command, given=given)
    if done.returncode:
        raise JobError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")


def _crontab() -> list[str]:
    done = _answer("crontab", "-l")  # without a crontab it ends with 1
    return done.stdout.splitlines() if done.returncode == 0 else []


def _write_crontab(lines: list[str]) -> None:
    _run("crontab", "-", given="".join(f"{line}\n" for line in lines))


def _escaped(text: str) -> str:
    """A text in a unit file: % begins a specifier there, and a line ends a value."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", " ")


def _quoted(text: str) -> str:
    text = _escaped(text).replace("$", "$$")  # a variable's name would follow
    return f'"{text}"' if " " in text or '"' in text else text
