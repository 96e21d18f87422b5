"""`./run demo`: a night on this machine alone, from an empty folder to answers."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, rows
from tests.processes import TIMEOUT


def run(folder: Path, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "run", "demo", "--folder", folder, *given], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


def test_the_demo_archives_ten_days_answers_five_questions_and_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("$ ./run sql ") == 5
    assert done.stdout.count("no rows") == 0
    assert "what this run brought" in done.stdout
    assert rows(f"sqlite:///{folder}/archive.db", "SELECT count(*), min(is_complete) FROM rankings") == [(40, 1)]
    host, port = re.findall(r"http://([\d.]+):(\d+)", done.stdout)[0]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1).close()


def test_a_demo_of_first_pages_states_their_depth_and_bounds_what_it_cannot_know(tmp_path: Path) -> None:
    done = run(tmp_path / "demo", "--first-pages")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("ranks 1–50 of 500") >= 2
    (stay,) = rows(
        f"sqlite:///{tmp_path}/demo/archive.db",
        "SELECT count(*), max(days), sum(previous_rank > 50) > 0, max(rank) FROM (SELECT count(*) OVER"
        " (PARTITION BY artwork_id) AS days, previous_rank, rank FROM ranking_entries) AS e",
    )
    assert stay == (60 * 50, 2, 1, 50)


def test_the_demo_empties_no_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    done = run(tmp_path)
    assert done.returncode == 2
    assert "holds other files" in done.stderr
    assert (tmp_path / "precious.txt").exists()


@pytest.mark.more
def test_a_demo_begins_anew_in_its_own_folder_and_stopped_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    left = folder / "captures" / "left"
    left.mkdir(parents=True)
    with subprocess.Popen(
        [ROOT / "run", "demo", "--folder", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not list(folder.glob("captures/*/*.open")) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert not left.exists()
    assert not list(folder.glob("captures/*/*.open")), "the crawl ended in order"
