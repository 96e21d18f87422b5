"""A ranking that is read across a publication is the same archive in any order of its replies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from crawler.model.page import Page
from tests import replies
from tests.test_archive import dump, empty, store, store_in_commits

PAGES, SIZE = 3, 2
AT = 1_790_000_000_000


def page_of(publication: list[int], page: int, at: int, **whole: Any) -> Page:
    """A page of two ranks of three, as it was published."""
    first = (page - 1) * SIZE
    works = [replies.work(publication[place], place + 1) for place in range(first, first + SIZE)]
    after = page + 1 if page < PAGES else False
    told = {"page": page, "next": after, "rank_total": PAGES * SIZE, **whole}
    return replies.ranking_page(*works, at_ms=AT + at, **told)


def ranks(engine: Engine) -> tuple[list[int], bool]:
    with engine.connect() as connection:
        works = text("SELECT artwork_id FROM ranking_entries ORDER BY rank")
        is_whole = connection.scalar(text("SELECT is_complete FROM rankings"))
        return list(connection.scalars(works)), bool(is_whole)


published = st.permutations(range(11, 17))
read = st.lists(st.tuples(st.integers(0, 1), st.integers(1, PAGES)), min_size=1, max_size=8)


@pytest.mark.more
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(publications=st.lists(published, min_size=2, max_size=2), asked=read, order=st.randoms(use_true_random=False))
@pytest.mark.promise("One revision")
def test_a_ranking_read_across_publications_is_the_same_in_any_order(
    emptied: Engine, publications: list[list[int]], asked: list[tuple[int, int]], order: Any
) -> None:
    # The site publishes anew, never back: which publication a request meets only grows.
    met = sorted(which for which, _ in asked)
    told = [
        page_of(publications[which], page, at) for at, (which, (_, page)) in enumerate(zip(met, asked, strict=True))
    ]
    empty(emptied)
    store(emptied, *told)
    expected = dump(emptied)
    works, is_whole = ranks(emptied)
    assert not is_whole or len(set(works)) == len(works) == PAGES * SIZE
    empty(emptied)
    shuffled = told + order.sample(told, len(told) // 2)
    order.shuffle(shuffled)
    store(emptied, *shuffled)
    assert dump(emptied) == expected
    empty(emptied)
    store_in_commits(emptied, shuffled, order)
    assert dump(emptied) == expected


def test_a_mixture_is_not_settled_until_one_publication_is_whole(emptied: Engine) -> None:
    old, new = [11, 12, 13, 14, 15, 16], [11, 13, 12, 14, 15, 16]
    store(emptied, page_of(old, 1, 0), page_of(new, 2, 1), page_of(new, 3, 2))
    assert ranks(emptied)[1] is False
    store(emptied, page_of(new, 1, 3))
    assert ranks(emptied) == (new, True)


def test_pages_that_tell_the_whole_differently_are_no_ranking(emptied: Engine) -> None:
    works = [11, 12, 13, 14, 15, 16]
    store(emptied, page_of(works, 1, 0), page_of(works, 2, 1))
    store(emptied, page_of(works, 3, 2, next_date="20240207"))
    assert ranks(emptied)[1] is False
    later = {"next_date": "20240207"}
    store(emptied, page_of(works, 1, 3, **later), page_of(works, 2, 4, **later))
    assert ranks(emptied) == (works, True)


def test_a_work_that_was_deleted_since_keeps_its_rank(emptied: Engine) -> None:
    works = [11, 12, 13, 14, 15, 16]
    store(emptied, *(page_of(works, page, page) for page in (1, 2, 3)))
    without = replies.ranking_page(replies.work(11, 1), at_ms=AT + 9, page=1, next=2, rank_total=PAGES * SIZE)
    store(emptied, without, *(page_of(works, page, 9 + page) for page in (2, 3)))
    assert ranks(emptied) == (works, True)


def test_a_ranking_that_is_told_again_as_it_was_is_kept_once(emptied: Engine) -> None:
    works = [11, 12, 13, 14, 15, 16]
    for at in (0, 10):
        store(emptied, *(page_of(works, page, at + page) for page in (1, 2, 3)))
    assert ranks(emptied) == (works, True)
    with emptied.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM superseded_ranking_entries")) == 0
        assert connection.scalar(text("SELECT count(*) FROM ranking_pages")) == 6
