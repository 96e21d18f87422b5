"""A job is installed once: what is written is what systemd and cron take, and nothing is written unasked."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from crawler.errors import ArchiveError, JobError
from crawler.jobs.calendar import next_times, on_calendar
from crawler.jobs.timers import Crontab, Systemd, installable
from tests.conftest import ROOT, Crawl, rows
from tests.processes import TIMEOUT

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
TOKYO = "Asia/Tokyo"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze")

# A stand-in for the program: it keeps the crontab in a file.
CRONTAB = """#!/bin/sh
if [ "$1" != "-l" ]; then cat > "$CRONTAB_FILE"
elif [ -n "$CRONTAB_BROKEN" ]; then echo "crontab: permission denied" >&2; exit 1
else cat "$CRONTAB_FILE" 2>/dev/null || { echo "no crontab for you" >&2; exit 1; }
fi
"""


@pytest.fixture
def cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a crontab and no systemd; returns the crontab's file."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "crontab"
    program.write_text(CRONTAB)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    for name in ("sh", "cat", "env"):
        (programs / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("CRONTAB_FILE", str(tmp_path / "crontab"))
    monkeypatch.setenv("TZ", "Europe/Berlin")
    return tmp_path / "crontab"


minutes, hours = st.integers(0, 59), st.integers(0, 23)
weekdays = st.one_of(st.just("*"), st.integers(0, 6).map(str))


@needs_systemd
@settings(max_examples=20, deadline=None)
@given(minutes, hours, weekdays)
def test_systemd_reads_the_same_next_time(minute: int, hour: int, weekday: str) -> None:
    when = f"{minute} {hour} * * {weekday}"
    assert ANALYZE
    done = subprocess.run(
        [ANALYZE, "calendar", "--base-time=2026-11-27 08:00:00 UTC", on_calendar(when, TOKYO)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "UTC"},
    )
    (line,) = [one for one in done.stdout.splitlines() if "(in UTC)" in one or "Next elapse" in one][:1]
    (due,) = next_times(when, TOKYO, NOW, 1)
    shown = line.partition(":")[2]
    assert f"{due.astimezone(ZoneInfo(TOKYO)):%H:%M}" in shown or f"{due.astimezone(UTC):%H:%M}" in shown


@needs_systemd
def test_the_units_are_what_systemd_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("ARCHIVE_URL", "sqlite:////srv/100% mine/archive.db")
    job = installable("nightly", "Every night, 100%", "40 12 * * *", TOKYO, "nightly")
    texts = Systemd().texts(job)
    for path, text in texts.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
    assert ANALYZE
    done = subprocess.run([ANALYZE, "verify", "--user", *texts], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "pixiv-archive" in line] == []
    (service,), (timer,) = ([t for p, t in texts.items() if p.endswith(k)] for k in ("service", "timer"))
    assert "OnCalendar=*-*-* 12:40:00 Asia/Tokyo" in timer
    assert "Persistent=true" in timer
    assert "Requires=" not in timer, "it would run the job at every boot"
    assert "Type=oneshot" in service
    assert 'Environment="ARCHIVE_URL=sqlite:////srv/100%% mine/archive.db"' in service


@needs_systemd
def test_system_wide_units_are_printed_for_root_and_run_as_the_user(scrapy: Crawl, tmp_path: Path) -> None:
    me = pwd.getpwuid(os.getuid())
    done = scrapy(
        "job", "install", "nightly", "--system", "--user", me.pw_name, ARCHIVE_URL="postgresql://a:secret@h/n"
    )
    assert done.returncode == 0, done.stderr
    assert "secret@" not in done.stdout
    assert "Left out here, because they are secret: ARCHIVE_URL" in done.stdout
    # As root would run it, but with the folder here and without systemd's own commands.
    script = done.stdout.replace("/etc/systemd/system", str(tmp_path)).replace("systemctl", "true")
    subprocess.run(["/bin/sh", "-eu"], input=script, text=True, check=True)
    units = sorted(map(str, tmp_path.glob("pixiv-archive-nightly.*")))
    assert len(units) == 2
    assert ANALYZE
    verified = subprocess.run([ANALYZE, "verify", *units], capture_output=True, text=True, check=False)
    assert [line for line in verified.stderr.splitlines() if "pixiv-archive" in line] == []
    service = (tmp_path / "pixiv-archive-nightly.service").read_text()
    assert f"User={me.pw_name}\n" in service
    assert f"EnvironmentFile=-{me.pw_dir}/.config/pixiv-archive/environment" in service


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--system", "--user", "nobody-here"), "this machine has no such user"),
        (("--system",), "say --system --user NAME"),
        (("--user", "root"), "say --system --user NAME"),
        (("--system", "--user", "root", "--yes"), "root runs what is printed"),
    ],
)
def test_a_wrong_system_wide_installation_is_refused(scrapy: Crawl, words: tuple[str, ...], why: str) -> None:
    done = scrapy("job", "install", "nightly", *words)
    assert done.returncode == 2
    assert why in done.stderr


def test_root_is_told_what_keeps_another_user_from_running_the_job(scrapy: Crawl) -> None:
    done = scrapy("job", "install", "nightly", "--system", "--user", "nobody", PIXIV_PHPSESSID_FILE="/srv/session")
    assert done.returncode == 0
    assert f"NOTE: {ROOT} belongs to {pwd.getpwuid(ROOT.stat().st_uid).pw_name}, and nobody runs the job" in done.stderr
    assert "PIXIV_PHPSESSID_FILE is yours, and written down: nobody must be able to read it" in done.stderr


def test_a_password_is_written_into_no_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_URL", "postgresql://me:secret@host/name")
    monkeypatch.setenv("PIXIV_PHPSESSID", "12345_secret")
    job = installable("nightly", "", "40 12 * * *", TOKYO, "nightly")
    for by in (Systemd(), Crontab()):
        assert "secret" not in "".join(by.texts(job).values())


SHAPING = {
    "ARCHIVE_URL": "sqlite:////srv/a.db",
    "CAPTURE_DIR": "/srv/captures",
    "STATE_DIR": "/srv/state",
    "PIXIV_ACCOUNT": "ann",
    "PIXIV_PHPSESSID_ANN_FILE": "/srv/ann",
    "PIXIV_LANG": "en",
    "DOWNLOAD_DELAY": "5",
    "THROTTLE_PAUSE": "90",
    "ALLOW_R18": "1",
    "https_proxy": "http://proxy:3128",
    "HTTPS_PROXY": "http://proxy:3128",
    "no_proxy": "localhost",
    "GATE_PER_ACCOUNT": "1",
    "XDG_STATE_HOME": "/srv/xdg",
    "PGPORT": "5433",
}
SECRET = {
    "PIXIV_PHPSESSID": "12345_hidden",
    "PIXIV_PHPSESSID_BOB": "6_hidden",
    "JOB_NOTIFY": "ntfy://hidden@x/y",
    "JOB_HEARTBEAT": "https://x/hidden",
    "PGPASSWORD": "hidden",
    "http_proxy": "http://me:hidden@proxy:3128",
}


@pytest.mark.promise("Schedule")
def test_a_scheduled_run_has_the_settings_that_were_tried_or_says_which_it_lacks(scrapy: Crawl, cron: Path) -> None:
    done = scrapy("job", "install", "nightly", "--yes", "-sRETRY_TIMES=1", **SHAPING, **SECRET)
    assert done.returncode == 0, done.stderr
    line = cron.read_text()
    for name, value in SHAPING.items():
        assert f"{name}={value}" in line
    assert "-sRETRY_TIMES=1" in line
    told = next(row for row in done.stdout.splitlines() if row.startswith("NOT WRITTEN DOWN"))
    assert all(name in told for name in SECRET)
    assert "hidden" not in line + done.stdout


def test_a_secret_that_the_environment_file_has_is_not_missed(scrapy: Crawl, cron: Path, tmp_path: Path) -> None:
    (tmp_path / "pixiv-archive").mkdir()
    (tmp_path / "pixiv-archive/environment").write_text("JOB_NOTIFY='json://x'\nARCHIVE_URL='sqlite:////srv/b.db'\n")
    given = {"XDG_CONFIG_HOME": str(tmp_path), "JOB_NOTIFY": "json://x", "ARCHIVE_URL": "sqlite:////srv/a.db"}
    done = scrapy("job", "install", "nightly", **given)
    assert "NOT WRITTEN DOWN" not in done.stdout
    assert "environment sets ARCHIVE_URL too: its value wins" in done.stdout


@pytest.mark.promise("Schedule")
def test_the_environment_file_wins_under_cron_as_under_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("DOWNLOAD_DELAY", "5")
    job = installable("nightly", "", "40 12 * * *", TOKYO, "nightly")
    job.file.parent.mkdir()
    job.file.write_text("DOWNLOAD_DELAY=9\n")
    shown = ("sh", "-c", "echo $DOWNLOAD_DELAY")
    (table,) = Crontab().texts(job._replace(command=shown)).values()
    done = subprocess.run(["/bin/sh", "-c", command_of(table)], capture_output=True, text=True, check=True)
    assert done.stdout == "9\n"


def command_of(table: str) -> str:
    """The command of the one line that is ours, as cron gives it to a shell."""
    (line,) = [one for one in table.splitlines() if "/bin/sh -c" in one]
    assert re.match(r"\d+ \* \* \* \* /bin/sh -c ", line)
    return line.split(" ", 5)[5].replace("\\%", "%")


@pytest.mark.promise("Crontab")
def test_an_installed_line_works_under_an_empty_environment(scrapy: Crawl, cron: Path, tmp_path: Path) -> None:
    mine = "SHELL=/bin/csh\nCRON_TZ=America/New_York\n0 0 * * * mine \u3042 # no end of line".encode()
    cron.write_bytes(mine)
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs/small.toml").write_text(
        'when = "40 12 * * *"\n[[step]]\nspider = "artworks"\nillust_id = "?tracked-artworks"\n'
    )
    given = {"JOB_DIR": str(tmp_path / "jobs")}
    shown = scrapy("job", "install", "small", **given)
    assert shown.returncode == 0, shown.stderr
    assert "Nothing is written yet" in shown.stdout
    assert shown.stdout.count("Asia/Tokyo = ") == 3
    assert cron.read_bytes() == mine
    for _ in range(2):
        assert scrapy("job", "install", "small", "--yes", **given).returncode == 0
    table = cron.read_bytes()
    assert table.startswith(mine + b"\n# pixiv-archive-small: begin\n"), "other lines stay"
    assert table.count(b"pixiv-archive-small") == 2
    for run in ("the first run", "not due again"):
        done = subprocess.run(
            ["/bin/sh", "-c", command_of(table.decode())],
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), run
    assert len(rows(os.environ["ARCHIVE_URL"], "SELECT * FROM job_runs")) == 1
    listed = scrapy("job", "list", **given).stdout
    assert "small" in listed
    assert "ok" in listed, "the last run"
    assert scrapy("job", "remove", "small", **given).returncode == 0
    assert cron.read_bytes() == mine + b"\n"
    again = scrapy("job", "remove", "small", **given)
    assert again.returncode == 2
    assert "small is not installed; there are: none" in again.stderr


def test_a_job_of_another_clone_is_neither_replaced_nor_removed(scrapy: Crawl, cron: Path, tmp_path: Path) -> None:
    assert scrapy("job", "install", "nightly", "--yes").returncode == 0
    assert "yes" in scrapy("job", "list").stdout
    other = tmp_path / "other clone"
    other.mkdir()
    (other / "run").touch()
    theirs = cron.read_text().replace(f"cd {ROOT} ", f"cd {shlex.quote(shlex.quote(str(other)))[1:-1]} ")
    cron.write_text(theirs)
    for words in (("install", "nightly", "--yes"), ("remove", "nightly")):
        done = scrapy("job", *words)
        assert done.returncode == 2
        assert f"nightly is installed for {other}" in done.stderr + done.stdout
        assert cron.read_text() == theirs
    shutil.rmtree(other)
    assert scrapy("job", "install", "nightly", "--yes").returncode == 0, "a clone that is gone has no schedule"


def test_a_line_that_somebody_changed_is_still_ours(scrapy: Crawl, cron: Path) -> None:
    cron.write_text("# pixiv-archive-nightly: begin\n0 0 * * * it's mine\n# pixiv-archive-nightly: end\n")
    assert scrapy("job", "remove", "nightly").returncode == 0
    assert cron.read_text() == ""


@pytest.mark.promise("Crontab")
def test_a_crontab_that_cannot_be_read_is_not_replaced(scrapy: Crawl, cron: Path) -> None:
    cron.write_text("0 0 * * * mine\n")
    done = scrapy("job", "install", "nightly", "--yes", CRONTAB_BROKEN="1")
    assert done.returncode == 2
    assert "crontab -l: crontab: permission denied. Nothing was changed" in done.stderr
    assert cron.read_text() == "0 0 * * * mine\n"


def test_a_line_of_an_earlier_version_is_replaced(scrapy: Crawl, cron: Path) -> None:
    cron.write_text("0 0 * * * mine\n40 5 * * * cd /srv && ./run job # pixiv-archive-nightly\n")
    assert scrapy("job", "install", "nightly", "--yes").returncode == 0
    assert "/srv" not in cron.read_text()
    assert cron.read_text().startswith("0 0 * * * mine\n# pixiv-archive-nightly: begin\n40 * * * * ")


def test_a_setting_with_a_control_character_is_refused(scrapy: Crawl, cron: Path) -> None:
    done = scrapy("job", "install", "nightly", "--yes", PIXIV_ACCOUNT="ann\n* * * * * rm")
    assert done.returncode == 2
    assert "PIXIV_ACCOUNT holds a line break" in done.stderr
    assert not cron.exists()


def test_a_job_is_due_once_a_time_and_not_while_it_runs(scrapy: Crawl, tmp_path: Path, url: str) -> None:
    (tmp_path / "small.toml").write_text(
        'when = "* * * * *"\n[[step]]\nspider = "artworks"\nillust_id = "?tracked-artworks"\n'
    )
    given = {"JOB_DIR": str(tmp_path)}
    run = ("job", "run", "small", "--if-due")
    assert "small: " in scrapy(*run, **given).stdout
    (lock,) = (tmp_path / "state/jobs").glob("small-*.lock")
    with FileLock(lock):
        assert scrapy(*run, **given).stdout == ""
        by_hand = scrapy("job", "run", "small", **given)
    assert by_hand.returncode == 2
    assert "small is under way already" in by_hand.stderr
    without = scrapy("job", "run", "backfill", "--if-due")
    assert "backfill does not say when" in without.stderr


ALONE = """
set -e
mount --bind {folder} /var/spool/cron
for place in /etc/cron.d /run; do mount -t tmpfs none $place; done
: > {folder}/crontab; mount --bind {folder}/crontab /etc/crontab
exec cron -f
"""
"""A cron of the test's own: what it would read of this machine is covered, in a mount namespace."""


@pytest.mark.more  # waits up to a minute for cron
@pytest.mark.skipif(
    shutil.which("cron") is None or shutil.which("unshare") is None or os.geteuid() != 0,
    reason="needs a cron daemon, unshare and root",
)
def test_a_cron_daemon_runs_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jobs").mkdir()
    job = 'when = "* * * * *"\nzone = "UTC"\n[[step]]\nspider = "artworks"\nillust_id = "?tracked-artworks"\n'
    (tmp_path / "jobs/often.toml").write_text(job)
    monkeypatch.setenv("JOB_DIR", str(tmp_path / "jobs"))
    monkeypatch.setenv("ARCHIVE_URL", f"sqlite:///{tmp_path}/archive.db")
    found = installable("often", "", "* * * * *", "UTC", "often")
    (lines,) = Crontab().texts(found).values()
    spool = tmp_path / "spool"
    (spool / "crontabs").mkdir(parents=True)
    table = spool / "crontabs/root"
    table.write_text(lines)
    table.chmod(0o600)
    command = ["unshare", "-m", "sh", "-c", ALONE.format(folder=spool)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as daemon:
        until = time.monotonic() + TIMEOUT
        while not (ran := _ended_jobs(tmp_path / "archive.db")) and daemon.poll() is None:
            assert time.monotonic() < until, "cron has not run it"
            time.sleep(0.5)
        daemon.kill()
    assert ran == [("often", "ok")]


def _ended_jobs(file: Path) -> list[tuple[object, ...]]:
    try:
        return rows(f"sqlite:///{file}", "SELECT job, outcome FROM job_runs LIMIT 1")
    except (ArchiveError, OperationalError):
        return []


@pytest.mark.parametrize(
    ("when", "why"), [("0 0 1 * 1", "not both"), ("0 0 * jan *", "write it in numbers"), ("0 0 * * 9", "no weekday")]
)
def test_what_systemd_cannot_say_is_refused(when: str, why: str) -> None:
    with pytest.raises(JobError, match=why):
        on_calendar(when, TOKYO)


def test_a_job_that_does_not_say_when_is_refused(scrapy: Crawl, cron: Path) -> None:
    done = scrapy("job", "install", "backfill")
    assert done.returncode == 2
    assert "backfill does not say when" in done.stderr


BACKUP = (ROOT / "docs/howto/backup-upgrade-move.md").read_text(encoding="utf-8").partition("## A backup every day")[2]


@needs_systemd
def test_the_units_of_the_daily_backup_are_what_systemd_takes(tmp_path: Path) -> None:
    service, timer = re.findall(r"```ini\n(.*?)```", BACKUP, re.DOTALL)[:2]
    for kind, text in (("service", service), ("timer", timer)):
        (tmp_path / f"pixiv-archive-backup.{kind}").write_text(text.replace("%h/pixiv-archive", str(ROOT)))
    assert ANALYZE
    units = [*map(str, tmp_path.iterdir())]
    done = subprocess.run([ANALYZE, "verify", "--user", *units], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "pixiv-archive" in line and "rsync" not in line]
    assert said == []


def test_the_crontab_line_of_the_daily_backup_works_under_an_empty_environment(
    scrapy: Crawl, tmp_path: Path, url: str
) -> None:
    assert scrapy("track", "add", "tag", "空").returncode == 0
    line = re.findall(r"```crontab\n(.*?)\n```", BACKUP, re.DOTALL)[0]
    minute, hour, *_, words = line.split(maxsplit=5)
    assert (minute, hour) == ("30", "16")
    folder, programs, settings = tmp_path / "backup", tmp_path / "programs", tmp_path / ".config/pixiv-archive"
    for one in (folder, programs, settings):
        one.mkdir(parents=True)
    (tmp_path / "pixiv-archive").symlink_to(ROOT)
    (settings / "environment").write_text(f"ARCHIVE_URL='{url}'\n")
    (programs / "rsync").write_text('#!/bin/sh\necho "$@" > "$HOME/synced"\n')
    (programs / "rsync").chmod(0o755)
    words = words.replace("/mnt/backup", str(folder))
    done = subprocess.run(
        ["/bin/sh", "-c", words],
        env={"HOME": str(tmp_path), "PATH": f"{programs}:/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    (copy,) = folder.glob("archive-*.db")
    assert rows(f"sqlite:///{copy}", "SELECT name FROM tracked") == [("空",)]
    assert (tmp_path / "synced").read_text() == f"-a --exclude=*.open var/captures/ {folder}/captures/\n"
