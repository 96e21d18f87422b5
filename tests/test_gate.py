"""The gate and the session: pace across processes, one crawl an account, secrets in memory."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.errors import SessionError, SettingError
from crawler.fetch.middleware import retry_after
from crawler.fetch.rate_limiter import FLOOR, Gate, pace
from crawler.fetch.session import load_session

SECRET = "12345_abcdefABCDEF0123456789abcdefAB"


def settings(folder: Path, base: str = "http://127.0.0.1:9", **more: Any) -> Settings:
    return Settings(
        {
            "PIXIV_BASE_URL": base,
            "STATE_DIR": str(folder),
            "DOWNLOAD_DELAY": 0.5,
            "DOWNLOAD_DELAY_JITTER": 0.4,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            **more,
        }
    )


def pass_through(gate: Gate, times: int) -> list[float]:
    async def run() -> list[float]:
        moments = []
        for _ in range(times):
            await gate.wait()
            moments.append(time.time())
        return moments

    return asyncio.run(run())


def test_requests_leave_no_closer_than_the_gap(tmp_path: Path) -> None:
    gate = Gate(settings(tmp_path), None)
    begun = time.time()
    moments = pass_through(gate, 3)
    gate.close()
    # Not from one to the next: a busy machine may take note of a request long after it left.
    assert all(moment - begun >= place * 0.299 for place, moment in enumerate(moments))


def test_the_next_process_keeps_the_gap_to_the_last_request(tmp_path: Path) -> None:
    first = Gate(settings(tmp_path), None)
    begun = time.time()
    pass_through(first, 1)
    first.close()
    second = Gate(settings(tmp_path), None)
    (next_sent,) = pass_through(second, 1)
    second.close()
    assert next_sent - begun >= 0.299


def test_the_next_process_keeps_a_pause(tmp_path: Path) -> None:
    first = Gate(settings(tmp_path, DOWNLOAD_DELAY=0), None)
    begun = time.time()  # before: on a busy machine much passes between two lines
    first.pause(0.5)
    first.close()
    second = Gate(settings(tmp_path, DOWNLOAD_DELAY=0), None)
    (sent,) = pass_through(second, 1)
    second.close()
    assert sent - begun >= 0.5


def test_a_second_crawl_of_an_account_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    program = (
        "import sys, time; from tests.test_gate import *;"
        "gate = Gate(settings(Path(sys.argv[1])), None); print('held', flush=True); time.sleep(30)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(SettingError, match=f"process {other.pid}"):
            Gate(settings(tmp_path), None)
        other.kill()
    Gate(settings(tmp_path), None).close()


def test_accounts_of_a_machine_share_the_floor_to_pixiv(tmp_path: Path) -> None:
    real = settings(tmp_path, "https://www.pixiv.net", DOWNLOAD_DELAY=2)
    session = load_session(Settings(), {"PIXIV_PHPSESSID": SECRET})
    anonymous, account = Gate(real, None), Gate(real, session)
    moments = []
    for gate in (anonymous, account):
        asyncio.run(gate.wait())
        (floor,) = tmp_path.rglob("floor.json")
        moments.append(json.loads(floor.read_text())["last"])
        gate.close()
    assert moments[1] - moments[0] >= FLOOR


@pytest.mark.parametrize("more", [{"DOWNLOAD_DELAY": 1}, {"DOWNLOAD_DELAY": 2, "DOWNLOAD_DELAY_JITTER": 0.5}])
def test_a_pace_below_the_floor_is_refused_for_pixiv(tmp_path: Path, more: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=r"no less than 1\.2 s"):
        pace(settings(tmp_path, "https://www.pixiv.net", **more))


def test_the_default_settings_keep_the_floor() -> None:
    from crawler import settings as defaults  # noqa: PLC0415  # read after the environment is set

    assert pytest.approx(FLOOR) == 2 * (1 - defaults.DOWNLOAD_DELAY_JITTER)


def test_a_time_of_a_wrong_clock_is_not_waited_for(tmp_path: Path) -> None:
    Gate(settings(tmp_path), None).close()
    (state,) = tmp_path.rglob("anonymous.json")
    state.write_text(json.dumps({"last": time.time() + 10**7, "not_before": "x"}))
    gate = Gate(settings(tmp_path), None)
    asyncio.run(asyncio.wait_for(gate.wait(), 100))
    gate.close()


@pytest.mark.parametrize(
    ("value", "expected"), [("7", 7.0), ("", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)]
)
def test_retry_after_is_read_as_seconds_or_date(value: str, expected: float | None) -> None:
    assert retry_after(Response("http://x", headers={"Retry-After": value})) == expected


def test_a_session_is_named_by_its_account_and_never_shown() -> None:
    session = load_session(Settings(), {"PIXIV_PHPSESSID": SECRET})
    assert session is not None
    assert session.account == "account-12345"
    assert SECRET not in repr(session)


def test_a_session_on_the_command_line_is_refused() -> None:
    given = Settings()
    given.set("PIXIV_PHPSESSID", SECRET, priority="cmdline")
    with pytest.raises(SessionError, match="command line") as error:
        load_session(given, {})
    assert SECRET not in str(error.value)


@pytest.mark.promise("Session")
def test_a_session_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "session"
    file.write_text(SECRET)
    file.chmod(0o644)
    with pytest.raises(SessionError, match="chmod 600"):
        load_session(Settings(), {"PIXIV_PHPSESSID_FILE": str(file)})
    file.chmod(0o600)
    session = load_session(Settings(), {"PIXIV_PHPSESSID_FILE": str(file)})
    assert session is not None


def test_what_is_no_session_is_refused_without_being_repeated() -> None:
    with pytest.raises(SessionError) as error:
        load_session(Settings(), {"PIXIV_PHPSESSID": "PHPSESSID=oops; x"})
    assert "oops" not in str(error.value)
