"""Which replies of a ranking belong to one publication of it."""

from __future__ import annotations

from crawler.evidence.ranking_revisions import PageRead, are_all, entries_of, publications, standing


def read(page: int, at: int, *works: int, after: int | None = None, total: int = 100) -> PageRead:
    first = (page - 1) * 2 + 1
    return PageRead(page, at, after, (total,), {first + n: work for n, work in enumerate(works)})


def test_pages_that_agree_are_one_publication() -> None:
    (found,) = publications([read(2, 20, 3, 4), read(1, 10, 1, 2, after=2)])
    assert found.at == 10
    assert found.is_complete


def test_a_page_with_another_total_begins_another_publication() -> None:
    old, new = publications([read(1, 10, 1, 2, after=2), read(1, 20, 2, 1, total=99)])
    assert (old.at, new.at) == (10, 20)
    assert not old.is_complete
    assert standing([old, new]) is new


def test_the_newest_complete_publication_stands_before_a_newer_part_of_one() -> None:
    found = publications([read(1, 10, 1, 2), read(1, 20, 2, 1, after=2, total=99)])
    assert standing(found).at == 10


def test_each_rank_is_filled_by_the_first_reply_that_has_it() -> None:
    readings = [read(1, 10, 1, 2, after=2), read(2, 20, 3, 4)]
    (found,) = publications(readings)
    assert entries_of(found, readings) == {1: 10, 2: 10, 3: 20, 4: 20}


def test_pages_lead_from_the_first_to_the_last_or_are_not_all() -> None:
    assert are_all({1: 2, 2: None})
    assert not are_all({1: 2, 3: None})
    assert not are_all({2: None})
