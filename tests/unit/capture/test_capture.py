"""Replies are kept whole, found again, and torn records are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.capture.reader import Findings, read_replies, warc_files
from crawler.capture.record import moment, read_warc_date, warc_date
from crawler.capture.writer import CaptureWriter
from crawler.model.page import Reply

RUN = "20261123T202054-abc123"
HEADERS = [("Content-Type", "application/json"), ("Set-Cookie", "PHPSESSID=secret")]


def write(folder: Path, *bodies: bytes) -> list[Reply]:
    writer = CaptureWriter(folder, RUN, {"crawl_id": RUN, "night": "2026-11-24"})
    kept = [writer.keep(f"http://x/{n}", 200, HEADERS, body) for n, body in enumerate(bodies)]
    writer.close()
    return kept


def read(folder: Path) -> tuple[list[Reply], Findings]:
    findings = Findings()
    found = [
        reply
        for file in warc_files([folder])
        for reply, _ in read_replies(file, str(file.relative_to(folder)).removesuffix(".open"), findings)
    ]
    return found, findings


@pytest.mark.promise("Torn captures")
def test_a_file_cut_anywhere_gives_its_whole_records_and_names_the_torn_one(tmp_path: Path) -> None:
    kept = write(tmp_path, b"one" * 50, b"two" * 50)
    (file,) = warc_files([tmp_path])
    whole = file.read_bytes()
    for cut in range(kept[1].file_offset + 1, len(whole) - 1, 7):
        file.write_bytes(whole[:cut])
        found, findings = read(tmp_path)
        assert found in (kept[:1], kept), cut
        assert found == kept or findings.damaged, cut


def test_equal_replies_in_a_row_are_different_moments(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path, RUN, {})
    moments = {writer.keep("http://x", 200, [], b"same").observed_at for _ in range(100)}
    writer.close()
    assert len(moments) == 100


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 2**63 - 1))
def test_a_moment_survives_its_warc_date(milliseconds: int, digest: int) -> None:
    text = warc_date(moment(milliseconds, digest))
    assert moment(read_warc_date(text), digest) == moment(milliseconds, digest)


def test_a_date_to_the_second_is_read_and_nonsense_refused() -> None:
    assert read_warc_date("2026-11-23T20:20:54Z") == 1795465254000
    with pytest.raises(ValueError):
        read_warc_date("yesterday")
