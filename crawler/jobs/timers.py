"""Install a job: a timer of the user's systemd, or an hourly line of the crontab that runs the job if it is due."""

from __future__ import annotations

import getpass
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from types import MappingProxyType
from typing import NamedTuple

from crawler.archive.database.engine import holds_password
from crawler.errors import JobError
from crawler.jobs.calendar import on_calendar
from crawler.jobs.notify import ADDRESSES, HEARTBEAT
from crawler.places import IS_CHECKOUT, ROOT, command, config_home, environment_file
from crawler.setting_defaults import OF_FILE, SETTINGS, VARIABLE

SECRET_NAME = re.compile(r"PASS|TOKEN|SECRET|KEY|AUTH|COOKIE", re.IGNORECASE)
PREFIX = "pixiv-archive-"
CONTROL = re.compile("[\x00-\x1f\x7f]")
NONE = (
    "Found neither systemd (user) nor cron on this machine. With another scheduler, run every hour:"
    f" {command('job run NAME --if-due --quiet')}"
)
OF_POSTGRESQL = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSFILE", "PGSERVICE", "PGSSLMODE", "PGPASSWORD")
NOT_DECLARED = (
    *("http_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "XDG_STATE_HOME"),
    *OF_POSTGRESQL,
)
"""Variables that shape requests or name the archive's server, besides the declared settings."""


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
    name: str, description: str, when: str | None, zone: str, job: str, given: Mapping[str, str] = MappingProxyType({})
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
        one: str(Path(value).expanduser().resolve()) if one.endswith(OF_FILE) or one == "STATE_DIR" else value
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
    words = (*start, "job", "run", job, "--quiet", *options)
    file = environment_file()
    texts = {"description": description, "-s and the job's name": " ".join(words), "its folder": str(ROOT)}
    for one, value in (environment | texts).items():
        if CONTROL.search(value):
            raise JobError(f"{one} holds a line break or another control character: no schedule can hold it")
    return Installable(name, description, when, zone, words, environment, left_out, file)


def _is_secret(name: str, value: str) -> bool:
    """Return True if a setting is for the file that only its owner can read."""
    if name == "ARCHIVE_URL":
        return holds_password(value)
    if name.lower().endswith("_proxy"):
        return "@" in value
    is_session = name.startswith(VARIABLE) and not name.endswith(OF_FILE)
    return is_session or name in (ADDRESSES, HEARTBEAT, "PGPASSWORD")


class Scheduler(ABC):
    """A program of this machine that starts jobs."""

    name: str

    @abstractmethod
    def texts(self, job: Installable) -> dict[str, str]:
        """Return the files that would be written, by path. Raises JobError."""

    @abstractmethod
    def install(self, job: Installable) -> list[str]:
        """Write it and start it. Returns what is left for the user to do. Raises JobError."""

    @abstractmethod
    def remove(self, name: str) -> bool:
        """Stop and delete it. Returns whether it was there. Raises JobError."""

    @abstractmethod
    def folders(self) -> dict[str, str]:
        """Return the jobs that are installed, and the folder that each is run in: another clone's too. Raises JobError."""

    def installed(self) -> list[str]:
        """The names of the jobs that are installed for this folder. Raises JobError."""
        return [name for name, folder in self.folders().items() if folder == str(ROOT)]

    def check_free(self, name: str) -> None:
        """Raises JobError if the job is another folder's."""
        folder = self.folders().get(name, str(ROOT))
        if folder != str(ROOT) and Path(folder).is_dir():
            raise JobError(
                f"{name} is installed for {folder}. To remove it there: cd {quote(folder)} && ./run job remove {name}"
            )


SERVICE = """\
[Unit]
Description=pixiv archive: {description}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
{user}KillMode=mixed
WorkingDirectory={folder}
{environment}EnvironmentFile=-{file}
ExecStart={command}
"""
# Without Requires=: it would run the job at every boot.
TIMER = """\
[Unit]
Description=When {unit} is due

[Timer]
OnCalendar={when}
Persistent=true

[Install]
WantedBy=timers.target
"""


def _units(job: Installable, folder: Path, user: str = "") -> dict[str, str]:
    """Return service and timer, by path. user: who runs it, if root places them."""
    unit = PREFIX + job.name
    set_here = (f"{name}={value}" for name, value in job.environment.items())
    service = SERVICE.format(
        description=_escaped(job.description or job.name),
        user=f"User={user}\n" if user else "",
        folder=_escaped(str(ROOT)),
        environment="".join(f'Environment="{_escaped(one)}"\n' for one in set_here),
        file=_escaped(str(job.file)),
        command=" ".join(map(_quoted, job.command)),
    )
    timer = TIMER.format(unit=unit, when=on_calendar(job.when, job.zone))
    return {f"{folder / unit}.service": service, f"{folder / unit}.timer": timer}


SYSTEM = Path("/etc/systemd/system")


def system_script(job: Installable, user: str) -> str:
    """Return the shell commands by which root installs a job that another user runs. Raises JobError for an unknown user."""
    try:
        home = Path(pwd.getpwnam(user).pw_dir)
    except KeyError:
        raise JobError(f"--user {user}: this machine has no such user") from None
    file = environment_file(home / ".config")
    units = _units(job._replace(file=file), SYSTEM, user)
    lines = [f"# Secrets go into {file}, NAME='VALUE' a line, for {user} alone to read."]
    if job.left_out:
        lines.append(f"# Left out here, because they are secret: {', '.join(job.left_out)}.")
    lines += [f"cat > {quote(path)} <<'END'\n{text}END" for path, text in units.items()]
    return "\n".join((*lines, "systemctl daemon-reload", f"systemctl enable --now {PREFIX}{job.name}.timer"))


def system_notes(job: Installable, user: str) -> list[str]:
    """Return what keeps root's units from working as they are printed."""
    notes = []
    if not Path("/run/systemd/system").exists():
        notes.append("systemd does not run this machine, and these commands need it")
    owner = pwd.getpwuid(ROOT.stat().st_uid).pw_name if ROOT.exists() else user
    if owner != user:
        notes.append(f"{ROOT} belongs to {owner}, and {user} runs the job: clone it and install the job as {user}")
    others = [name for name in job.environment if name.endswith(OF_FILE)]
    if others and getpass.getuser() != user:
        notes.append(f"{', '.join(others)} is yours, and written down: {user} must be able to read it")
    return notes


class Systemd(Scheduler):
    """Timers of the user's own systemd: they catch up once after a machine was off."""

    name = "systemd"

    def __init__(self) -> None:
        self._folder = config_home() / "systemd/user"

    def texts(self, job: Installable) -> dict[str, str]:
        return _units(job, self._folder)

    def install(self, job: Installable) -> list[str]:
        self.check_free(job.name)
        ROOT.mkdir(parents=True, exist_ok=True)  # it is worked in
        self._folder.mkdir(parents=True, exist_ok=True)
        for path, text in self.texts(job).items():
            Path(path).write_text(text, encoding="utf-8")
        _run("systemctl", "--user", "daemon-reload")
        _run("systemctl", "--user", "enable", "--now", f"{PREFIX}{job.name}.timer")
        user = os.environ.get("USER") or str(os.getuid())
        lingers = _answer("loginctl", "show-user", user, "--property=Linger", "--value")
        if lingers.stdout.strip() == b"yes":
            return []
        return [f"loginctl enable-linger {user}   # without it timers stop when you log out"]

    def remove(self, name: str) -> bool:
        unit = PREFIX + name
        files = [self._folder / f"{unit}.{kind}" for kind in ("timer", "service")]
        if not any(file.exists() for file in files):
            return False
        self.check_free(name)
        # Before its files go: systemd disables only what it finds.
        _run("systemctl", "--user", "disable", "--now", f"{unit}.timer")
        for file in files:
            file.unlink(missing_ok=True)
        _run("systemctl", "--user", "daemon-reload")
        return True

    def folders(self) -> dict[str, str]:
        found = {}
        for path in sorted(self._folder.glob(f"{PREFIX}*.service")):
            folder = re.search(r"^WorkingDirectory=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            if path.with_suffix(".timer").exists():
                found[path.stem.removeprefix(PREFIX)] = _plain(folder[1]) if folder else str(ROOT)
        return found


class Crontab(Scheduler):
    """Hourly lines of the user's crontab, each between two marks; what else is in it stays, byte for byte."""

    name = "cron"

    def texts(self, job: Installable) -> dict[str, str]:
        # cron's environment is all but empty. The file is read last, so that it wins, as it does with systemd.
        variables = " ".join(f"{name}={quote(value)}" for name, value in job.environment.items())
        file = quote(str(job.file))
        script = (
            f"cd {quote(str(ROOT))} && {{ {f'export {variables}; ' if variables else ''}"
            f"[ -r {file} ] && set -a && . {file} && set +a; {' '.join(map(quote, job.command))} --if-due; }}"
        )
        # With a shell of its own, whatever SHELL the table sets; hourly, so that CRON_TZ changes nothing.
        line = f"{_minute(job.when)} * * * * /bin/sh -c {quote(script)}".replace("%", r"\%")
        begin, end = _marks(job.name)
        return {"crontab": f"{begin}\n{line}\n{end}\n"}

    def install(self, job: Installable) -> list[str]:
        # Also refuses a job of another folder.
        self.remove(job.name)
        before = _read_crontab()
        # A table may end without a line break: the mark would go on its last line.
        gap = b"\n" if before and not before.endswith(b"\n") else b""
        _run("crontab", "-", given=before + gap + self.texts(job)["crontab"].encode())
        # A pgrep that is missing (127) is no sign that cron is.
        is_running = sys.platform != "linux" or _answer("pgrep", "-x", "cron|crond|fcron|busybox").returncode != 1
        return [] if is_running else ["start cron: none runs on this machine (service cron start)"]

    def remove(self, name: str) -> bool:
        self.check_free(name)
        begin, end = (re.escape(mark) for mark in _marks(name))
        own = re.compile(
            rf"^{begin}\n.*?^{end}\n|^[^\n]* # {re.escape(PREFIX + name)}\n".encode(), re.MULTILINE | re.DOTALL
        )
        before = _read_crontab()
        after = own.sub(b"", before)
        if after != before:
            _run("crontab", "-", given=after)
        return after != before

    def folders(self) -> dict[str, str]:
        table = _read_crontab().decode(errors="replace")
        lines = re.findall(rf"^# {PREFIX}(\S+): begin\n(.*)\n", table, re.MULTILINE)
        return {name: _folder_of(line) for name, line in sorted(lines)}


def _folder_of(line: str) -> str:
    """The folder of a crontab line `… /bin/sh -c 'cd FOLDER && …'`; this one if somebody has changed the line."""
    try:
        return shlex.split(shlex.split(line.replace(r"\%", "%"))[-1])[1]
    except (ValueError, IndexError):
        return str(ROOT)


def _marks(name: str) -> tuple[str, str]:
    return f"# {PREFIX}{name}: begin", f"# {PREFIX}{name}: end"


def _minute(when: str) -> str:
    """The minute of an hourly line: that of the job, or any; a job that is due oftener is looked at every minute."""
    minute = when.split(maxsplit=1)[0]
    return minute if minute.isdecimal() else "*"


def unreachable_systemd() -> str:
    """Return what to do if systemd runs this machine and not this user's jobs; else ""."""
    if not Path("/run/systemd/system").exists() or isinstance(scheduler_or_none(), Systemd):
        return ""
    return (
        "systemd runs this machine, but this shell cannot reach its part for this user: after sudo -u or su there is none."
        f" Log in as the user (machinectl shell), or let root place system-wide units: {command('job install NAME --system --user USER')}"
    )


def scheduler_or_none() -> Scheduler | None:
    """The one of this machine, if there is one."""
    try:
        return scheduler()
    except JobError:
        return None


def scheduler() -> Scheduler:
    """The one of this machine. Raises JobError where there is none."""
    if _answer("systemctl", "--user", "show-environment").returncode == 0:
        return Systemd()
    if shutil.which("crontab"):
        return Crontab()
    raise JobError(NONE)


def _answer(*command: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a program of the machine. given: its standard input."""
    path = shutil.which(command[0])
    if path is None:
        return subprocess.CompletedProcess(command, 127, b"", f"{command[0]}: not found".encode())
    return subprocess.run([path, *command[1:]], input=given, capture_output=True, check=False)


def _run(*command: str, given: bytes | None = None) -> None:
    done = _answer(*command, given=given)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip() or done.returncode
        raise JobError(f"{' '.join(command)}: {why}")


def _read_crontab() -> bytes:
    """The user's table. Raises JobError where it could not be read: what is written then would replace it."""
    done = _answer("crontab", "-l")
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode and "no crontab for" not in said:
        raise JobError(f"crontab -l: {said or f'exit status {done.returncode}'}. Nothing was changed")
    return b"" if done.returncode else done.stdout


def _escaped(text: str) -> str:
    """A text in a target file, where % begins a specifier."""
    # Backslashes first: those that the others add are not to be doubled.
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _plain(text: str) -> str:
    """A text of a unit as it was before `_escaped`."""
    # In the opposite order of `_escaped`.
    return text.replace("%%", "%").replace('\\"', '"').replace("\\\\", "\\")


def _quoted(text: str) -> str:
    text = _escaped(text).replace("$", "$$")  # a variable's name would follow
    return f'"{text}"' if " " in text or '"' in text else text
