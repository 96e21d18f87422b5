"""What was there throughout is there in the end, however a list moves; calm lists cost nothing more."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, text

from crawler.archive.database.engine import create
from crawler.model.page import Outcome
from crawler.tables.metadata import METADATA
from standin import moving
from standin.moving import Moving, Work
from tests.moved import crawl, nights_later

SESSION = "5001_abcdefABCDEF0123456789abcdefAB"
PERIOD = {"word": "空", "scd": "2026-09-01", "ecd": "2026-09-30"}


class Kind(NamedTuple):
    """A kind of list: how it is asked for, what of it the archive lists, and how it is bounded."""

    family: str
    arguments: Mapping[str, str]
    column: str = "artwork_id"
    site: Mapping[str, Any] = {}
    is_proven: bool = True
    """Whether something shows that nothing slipped."""
    least: Callable[[int], float] = lambda count: -(-count // 59)
    """How many requests a calm list of so many takes at least."""


def over(size: int) -> Callable[[int], float]:
    return lambda count: max(1, -(-count // size))


KINDS = {
    "search": Kind("search", {**PERIOD, "endpoints": "search_artworks"}),
    "search_oldest_first": Kind(
        "search", {**PERIOD, "endpoints": "search_illustrations", "type": "illust", "order": "date"}, is_proven=False
    ),
    "search_of_a_session": Kind(
        "search", {**PERIOD, "endpoints": "search_artworks"}, site={"is_session": True, "cap": 1000}, least=over(60)
    ),
    "series": Kind("artworks", {"endpoints": "series", "series_id": "3"}, least=over(12)),
    "bookmarks": Kind("users", {"endpoints": "user_bookmarks", "user_id": "7"}, least=over(100)),
    "following": Kind("users", {"endpoints": "user_following", "user_id": "7"}, "user_id", least=over(100)),
    "followers": Kind("users", {"endpoints": "user_followers", "user_id": "5001"}, "user_id", least=over(100)),
    "comments": Kind("artworks", {"endpoints": "artwork_comments", "illust_id": "9"}, "comment_id", least=over(50)),
    "comments_cut_short": Kind(
        "artworks", {"endpoints": "artwork_comments", "illust_id": "9", "limit": "400"}, "comment_id", least=over(100)
    ),
    "watch_list": Kind("feeds", {"endpoints": "watch_list_manga"}, "series_id", least=over(10)),
    "new": Kind("feeds", {"endpoints": "new_illusts", "pages": "40"}, least=over(20)),
    "comment_replies": Kind(
        "artworks",
        {"endpoints": "artwork_comment_replies", "comment_id": "9"},
        "comment_id",
        is_proven=False,
        least=over(10),
    ),
    "follow_latest": Kind("feeds", {"endpoints": "follow_latest"}, is_proven=False, least=over(60)),
    "mypixiv_latest": Kind("feeds", {"endpoints": "mypixiv_latest"}, is_proven=False, least=over(60)),
    "commissions": Kind(
        "commissions", {"endpoints": "commission_complete_illust"}, "request_id", is_proven=False, least=over(24)
    ),
    "creators": Kind(
        "commissions", {"endpoints": "commission_creators_manga"}, "user_id", is_proven=False, least=over(24)
    ),
}


@pytest.fixture
def engine(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An empty archive, asked with a session."""
    monkeypatch.setenv("PIXIV_PHPSESSID", SESSION)
    shutil.copy(migrated, tmp_path / "archive.db")
    engine = create(f"sqlite:///{tmp_path}/archive.db")
    yield engine
    engine.dispose()


@pytest.fixture
def seeds(is_long: bool) -> Callable[[int, int], range]:
    """`seeds(3, 60)`: so many with a few, or with --long many."""
    return lambda few, many: range(many if is_long else few)


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in METADATA.tables.values():
            connection.execute(table.delete())


def listed(engine: Engine, column: str = "artwork_id") -> set[int]:
    """What the archive's listings show."""
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT DISTINCT {column} FROM listing_entries"))
        return set(found.scalars()) - {None}


def wanted(site: Moving, kind: Kind) -> set[int]:
    """What was there throughout, of the works that are asked for."""
    kinds = moving.KINDS.get(kind.arguments.get("type", ""), (0, 1, 2))
    return site.throughout - {work.key for work in site.works if work.kind not in kinds}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.promise("Lists that move")
def test_what_was_there_throughout_is_there_or_the_crawl_says_that_it_cannot_know(
    name: str, engine: Engine, seeds: Any, figure: Any
) -> None:
    kind = KINDS[name]
    for seed in seeds(1, 70):
        empty(engine)
        draw = random.Random(f"{name}:{seed}")
        site = Moving(
            seed, count=draw.randrange(1, 560), comes=draw.random() / 2, goes=draw.random() * 0.8, **kind.site
        )
        done = crawl(site, engine, kind.family, kind.arguments)
        lost = wanted(site, kind) - listed(engine, kind.column)
        figure("moving lists", 1)
        assert done.is_ok, f"seed {seed}: {done.tally.problems}"
        if kind.is_proven:
            assert not lost, f"seed {seed}: {len(lost)} lost in {len(done.targets)} requests"
        else:
            assert not lost or done.is_unsure, f"seed {seed}: {len(lost)} lost without a word"
            figure("works hidden in lists of which the crawl said that it cannot know", len(lost))
        site.calm()
        site.begin()
        with nights_later(1):
            later = crawl(site, engine, kind.family, kind.arguments)
        assert later.is_ok, f"seed {seed}: {later.tally.problems}"
        assert wanted(site, kind) <= listed(engine, kind.column), "the next night heals"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.promise("Lists that move")
def test_a_calm_list_takes_no_more_requests_than_it_must(name: str, engine: Engine, seeds: Any) -> None:
    kind = KINDS[name]
    asked, least = 0, 0.0
    for seed in seeds(1, 30):
        empty(engine)
        count = random.Random(f"calm {name}:{seed}").randrange(1, 560)
        site = Moving(seed, count=count, **kind.site)
        done = crawl(site, engine, kind.family, kind.arguments)
        assert done.is_ok, f"seed {seed}: {done.tally.problems}"
        assert wanted(site, kind) <= listed(engine, kind.column)
        asked += len(done.targets)
        least += kind.least(len(wanted(site, kind)))
    assert asked <= least * 1.1 + 1


GAPS = {
    "at the end": slice(-39, None),
    "at the end, as far as a page": slice(-140, None),
    "at the beginning, longer than a page": slice(0, 120),
    "longer than a page, in the middle": slice(130, 340),
    "here and there": slice(0, None, 11),
    "all but the last three": slice(0, -3),
    "all but a few together": slice(10, -3),
}


@pytest.mark.parametrize("name", ["bookmarks", "following", "followers"])
@pytest.mark.parametrize("gaps", GAPS)
@pytest.mark.promise("Lists that move")
def test_a_list_that_counts_accounts_that_have_left_is_complete_and_notices_who_goes(
    name: str, gaps: str, engine: Engine, seeds: Any
) -> None:
    kind, where = KINDS[name], GAPS[gaps]
    for count in seeds(1, 12):
        empty(engine)
        site = Moving(count, count=(20 if "all but" in gaps else 395) + count)
        site.left = {work.key for work in site.works[where]}
        shown = {work.key for work in site.works} - site.left
        done = crawl(site, engine, kind.family, kind.arguments)
        assert done.is_ok, f"{count}: {done.tally.problems}"
        assert listed(engine, kind.column) == shown
        assert len(done.targets) <= len(site.works) // 24 + 2, "gaps are not walked one by one"
        is_most = len(shown) >= 0.9 * len(site.works)
        assert done.is_unsure is not is_most, "of few of many nobody knows whether they are all"
        site.works = [work for work in site.works if work.key != max(shown)]
        with nights_later(1):
            assert crawl(site, engine, kind.family, kind.arguments).is_ok
        past = "v_bookmarks_past" if name == "bookmarks" else "v_follows_past"
        with engine.connect() as connection:
            assert connection.scalar(text(f"SELECT count(*) FROM {past}")) == int(is_most)


@pytest.mark.promise("Lists that move")
def test_a_list_that_counts_users_and_shows_none_is_believed_once_another_night_agrees(engine: Engine) -> None:
    site = Moving(1, count=3)
    site.left = {work.key for work in site.works}
    asked = KINDS["following"]
    first = crawl(site, engine, asked.family, asked.arguments)
    assert first.is_ok
    assert first.tally.outcomes[Outcome.NOT_YET] == 1
    crawl(Moving(2), engine, "users", {"endpoints": "user_bookmarks", "user_id": "8"})
    with nights_later(1):
        second = crawl(site, engine, asked.family, asked.arguments)
    assert second.is_ok
    assert second.tally.outcomes[Outcome.ABSENT] == 1


@pytest.mark.parametrize("fault", ["pages after the first are empty", "offsets from 300 on are one"])
def test_a_site_that_shows_less_than_it_counts_puts_nobody_in_the_past(
    fault: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, kind = Moving(1, count=1_000), KINDS["following"]
    site.left = {work.key for work in site.works[310:330]}
    assert crawl(site, engine, kind.family, kind.arguments).is_ok
    answer = site.answer

    def spoiled(target: str) -> Any:
        if "empty" in fault:
            found = answer(target)
            if "offset=0&" not in target:
                found["body"]["users"] = []
            return found
        number = int(target.partition("offset=")[2].partition("&")[0])
        return answer(target.replace(f"offset={number}", f"offset={min(number, 300)}"))

    monkeypatch.setattr(site, "answer", spoiled)
    with nights_later(1):
        done = crawl(site, engine, kind.family, kind.arguments)
    assert not done.is_ok or done.is_unsure
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM v_follows_past")) == 0


def test_a_false_total_is_not_followed_for_ever(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    site, kind = Moving(1, count=150), KINDS["following"]
    answer = site.answer

    def lying(target: str) -> Any:
        found = answer(target)
        found["body"]["total"] = 1_000_000
        return found

    monkeypatch.setattr(site, "answer", lying)
    done = crawl(site, engine, kind.family, kind.arguments)
    assert not done.is_ok
    assert len(done.targets) < 20


def test_a_list_that_shows_its_first_page_again_and_again_is_not_complete(engine: Engine) -> None:
    site = Moving(1, count=300)
    site.is_stuck = True
    asked = KINDS["following"]
    assert not crawl(site, engine, asked.family, asked.arguments).is_ok


def ranks(engine: Engine) -> tuple[list[int], bool]:
    """The works of the ranking by rank, and whether it is settled."""
    with engine.connect() as connection:
        works = text("SELECT artwork_id FROM ranking_entries ORDER BY rank")
        is_whole = connection.scalar(text("SELECT is_complete FROM rankings"))
        return list(connection.scalars(works)), bool(is_whole)


RANKED = {"mode": "daily", "date": "2026-09-20"}


@pytest.mark.more
@pytest.mark.promise("One revision")
def test_a_ranking_is_one_publication_or_it_is_not_settled(engine: Engine, seeds: Any, figure: Any) -> None:
    for seed in seeds(6, 300):
        empty(engine)
        rate = random.Random(f"ranking:{seed}").choice((0.03, 0.1, 0.2, 0.4))
        site = Moving(seed, count=1, publishes=rate)
        done = crawl(site, engine, "rankings", RANKED)
        works, is_whole = ranks(engine)
        figure("rankings published anew while they were read", 1)
        assert is_whole is done.is_ok, f"seed {seed}: {done.tally.problems}"
        assert not is_whole or works in site.publications, f"seed {seed}: a mixture"
        if not is_whole:
            assert "moved while it was read" in done.tally.problems[0]
            site.calm()
            with nights_later(1):
                assert crawl(site, engine, "rankings", RANKED).is_ok
            assert ranks(engine) == (site.publications[-1], True), "the next night heals"


def test_a_calm_ranking_takes_its_ten_requests_and_then_none(engine: Engine) -> None:
    site = Moving(1, count=1)
    assert len(crawl(site, engine, "rankings", RANKED).targets) == 10
    assert ranks(engine) == (site.ranked, True)
    assert crawl(site, engine, "rankings", RANKED).targets == []


def test_a_ranking_that_was_published_anew_is_brought_by_asking_again(engine: Engine) -> None:
    site = Moving(1, count=1)
    crawl(site, engine, "rankings", RANKED)
    site.ranked[50], site.ranked[49] = site.ranked[49], site.ranked[50]
    assert len(crawl(site, engine, "rankings", {**RANKED, "refetch": "1"}).targets) == 10
    assert ranks(engine) == (site.ranked, True)


def test_a_work_that_the_site_itself_ranks_twice_is_no_endless_mixture(engine: Engine) -> None:
    site = Moving(1, count=1)
    site.ranked[300] = site.ranked[3]
    done = crawl(site, engine, "rankings", RANKED)
    assert done.is_ok, done.tally.problems
    assert ranks(engine) == (site.ranked, True)


WINDOWS = {**PERIOD, "endpoints": "search_artworks"}


@pytest.mark.parametrize("shares_days", [False, True])
def test_a_search_past_the_cap_is_found_whole_however_the_site_cuts_a_day(
    engine: Engine, seeds: Any, shares_days: bool
) -> None:
    for seed in seeds(1, 20):
        empty(engine)
        count = random.Random(f"windows:{seed}").randrange(2_000, 5_000)
        site = Moving(seed, count=count, shares_days=shares_days)
        done = crawl(site, engine, "search", WINDOWS)
        assert done.is_ok, done.tally.problems
        assert site.throughout == listed(engine)
        if not shares_days:
            assert len(done.targets) <= 1.25 * count / 59


@pytest.mark.promise("Lists that move")
def test_a_search_past_the_cap_is_found_whole_while_it_moves(engine: Engine, seeds: Any) -> None:
    for seed in seeds(1, 30):
        empty(engine)
        site = Moving(seed, count=1_500, comes=0.1, goes=0.1)
        done = crawl(site, engine, "search", WINDOWS)
        lost = site.throughout - listed(engine)
        assert done.is_ok, f"seed {seed}: {done.tally.problems}"
        assert not lost, f"seed {seed}: {len(lost)} lost"


@pytest.mark.parametrize("count", [700, 1_100, 2_500])
def test_a_day_with_more_works_than_are_shown_is_cut_by_what_the_search_offers(engine: Engine, count: int) -> None:
    site = Moving(count, count=count, first=date(2026, 9, 7), last=date(2026, 9, 7))
    asked = {**WINDOWS, "scd": "2026-09-07", "ecd": "2026-09-07"}
    done = crawl(site, engine, "search", asked)
    assert done.is_ok, done.tally.problems
    assert site.throughout == listed(engine)


def test_what_nothing_cuts_is_named_once_and_ends_with_1(engine: Engine) -> None:
    site = Moving(1, count=1_300, first=date(2026, 9, 7), last=date(2026, 9, 7))
    site.works = [Work(work.key, work.on, 0, 800, 800) for work in site.works]
    asked = {**WINDOWS, "scd": "2026-09-07", "ecd": "2026-09-07"}
    done = crawl(site, engine, "search", asked)
    assert not done.is_ok
    told = [problem for problem in done.tally.problems if "cuts them no further" in problem]
    assert len(told) == 1


def test_sixty_works_a_page_are_no_sign_of_a_cap(engine: Engine) -> None:
    site = Moving(1, count=3_600, is_session=True)
    done = crawl(site, engine, "search", WINDOWS)
    assert done.is_ok, done.tally.problems
    assert len(done.targets) == 61, "sixty full pages, and one to see that nothing follows"


def test_a_total_that_is_off_by_one_fails_nothing(engine: Engine) -> None:
    site = Moving(1, count=59, off_by=1)
    for _ in range(2):
        done = crawl(site, engine, "search", WINDOWS)
        assert done.is_ok, done.tally.problems
    assert site.throughout == listed(engine)


def test_a_list_with_a_bound_of_its_own_says_that_more_follows(engine: Engine) -> None:
    done = crawl(Moving(1, count=200), engine, "feeds", {"endpoints": "new_illusts"})
    assert len(done.targets) == 5
    assert "1 bounded (more follows)" in done.tally.headline
