"""One archive a crawl: what is due of a target, before and after its pages are stored. In process, SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.archive import rebuild
from crawler.archive.archive import Archive
from crawler.archive.database.engine import create, reading
from crawler.archive.due.lists import read_so_far
from crawler.archive.writing import rankings
from crawler.errors import ArchiveError
from crawler.forget.removal import roots_of
from crawler.model.page import Outcome
from tests import replies
from tests.conftest import rows

ASK = replies.ranking_target()
WORK = replies.work


def test_of_an_empty_archive_the_first_page_is_due(archive: Archive) -> None:
    due = archive.due(ASK)
    assert (due.page, due.outcome) == (1, None)
    assert not archive.is_on_server


def test_a_page_that_says_another_follows_makes_that_one_due_and_a_last_one_none(archive: Archive) -> None:
    archive.store([replies.ranking_page(WORK(1, 1), next=2)])
    assert archive.due(ASK).page == 2
    archive.store([replies.ranking_page(WORK(2, 51), page=2, prev=1, at_ms=1_790_000_001_000)])
    assert archive.due(ASK) == archive.due(ASK, pages=9)
    assert archive.due(ASK).page is None
    assert archive.due(ASK).outcome is Outcome.COMPLETE
    assert archive.forecast([ASK], None, refetch=False, again=False)[0].requests == 0


def test_a_page_of_another_publication_is_kept_apart(archive: Archive, url: str) -> None:
    first = replies.ranking_page(WORK(1, 1), next=2)
    assert rankings.is_of_a_ranking(first)
    archive.store([first])
    archive.store([replies.ranking_page(WORK(2, 1), rank_total=400, at_ms=1_790_000_001_000)])
    assert rows(url, "SELECT artwork_id FROM ranking_entries") == [(2,)]
    assert rows(url, "SELECT artwork_id FROM superseded_ranking_entries") == [(1,)]


def test_how_far_a_list_is_read_is_asked_of_its_readings(archive: Archive, url: str) -> None:
    page = replies.list_page(replies.thumbnail())
    with reading(create(url)) as connection:
        assert read_so_far(connection, page.target).due == 1
    archive.store([page])
    with reading(create(url)) as connection:
        assert read_so_far(connection, page.target).due is None
    assert archive.works_of_list(page.target) == set()


def test_what_a_list_beside_the_captures_names_is_not_requested(archive: Archive, url: str) -> None:
    entry = {"kind": "artwork", "thing_id": 1, "root_kind": "artwork", "root_id": 1, "forgotten_at": 1, "is_cut": False}
    archive.take_over([entry])
    assert archive.is_forgotten(replies.artwork_target(1))
    assert not archive.is_forgotten(replies.artwork_target(2))
    (listed,) = archive.forgotten_list()
    assert {**listed, "forgotten_at": 1} == entry
    with reading(create(url)) as connection:
        assert roots_of(connection) == {("artwork", 1): {("artwork", 1)}}


def test_an_archive_is_built_beside_the_one_in_use_once_at_a_time(archive: Archive, url: str, tmp_path: Path) -> None:
    with rebuild.beside(url) as new:
        assert new != url
        with pytest.raises(ArchiveError), rebuild.beside(url):
            pass
    assert [file.name for file in tmp_path.glob("archive.db.rebuild*") if file.suffix != ".lock"] == []
