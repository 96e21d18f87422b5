"""The stand-in is like pixiv where it matters: sizes, shapes by date, works that live on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from crawler.endpoints.rankings import CONTENTS, PAGES, first_day, usual_pages
from standin import fake_works, rankings
from standin.server import Standin

LAST = date(2026, 10, 7)
DAY = date(2026, 10, 1)


def rows(day: date = DAY, mode: str = "daily", *, last: date = LAST) -> dict[int, dict[str, Any]]:
    """A whole ranking by artwork."""
    found: dict[int, dict[str, Any]] = {}
    page: int | bool = 1
    while page:
        root = rankings.reply(1, mode, "all", day, int(page), last)
        assert root is not None
        found |= {row["illust_id"]: row for row in root["contents"]}
        page = root["next"]
    return found


def test_a_seed_always_makes_the_same_ranking_and_another_seed_another() -> None:
    first = rankings.reply(1, "daily", "all", DAY, 1, LAST)
    fake_works.uploaded_on.cache_clear()
    rankings.order.cache_clear()
    assert rankings.reply(1, "daily", "all", DAY, 1, LAST) == first
    assert rankings.reply(2, "daily", "all", DAY, 1, LAST) != first


def test_every_mode_and_content_has_its_true_size(subtests: pytest.Subtests) -> None:
    for mode, content in [(one, content) for one in CONTENTS for content in CONTENTS[one]]:
        with subtests.test(mode=mode, content=content):
            day = max(DAY, first_day(mode))
            root = rankings.reply(1, mode, content, day, 1, max(LAST, day))
            assert root is not None
            kind = {"illust": "0", "manga": "1", "ugoira": "2"}.get(content)
            assert all(kind in (None, row["illust_type"]) for row in root["contents"])
            if content != "ugoira":
                assert -(-root["rank_total"] // 50) == PAGES[mode]


def test_no_work_is_in_a_daily_ranking_more_than_twice_and_then_on_consecutive_days() -> None:
    days = [rows(DAY - timedelta(days=back)) for back in range(12)]
    stays: dict[int, list[int]] = {}
    for back, day in enumerate(days):
        for artwork_id in day:
            stays.setdefault(artwork_id, []).append(back)
    assert {len(backs) for backs in stays.values()} == {1, 2}
    assert all(backs[-1] - backs[0] == len(backs) - 1 for backs in stays.values())


def test_on_its_second_day_a_work_has_its_rank_of_the_first_more_views_and_mostly_fewer_ratings() -> None:
    before, now = rows(DAY - timedelta(days=1)), rows()
    stayed = [(before[key], row) for key, row in now.items() if key in before]
    assert all(row["yes_rank"] == was["rank"] for was, row in stayed)
    assert all(row["view_count"] >= was["view_count"] for was, row in stayed)
    fell = sum(row["rating_count"] < was["rating_count"] for was, row in stayed) / len(stayed)
    grown = sorted(row["view_count"] / was["view_count"] for was, row in stayed)
    assert 0.6 < fell < 0.95  # of real ones 0.78
    assert 1.3 < grown[len(grown) // 2] < 1.8  # of real ones 1.54


def test_of_the_top_fifty_three_in_ten_stand_there_for_the_second_day() -> None:
    returned = 0
    for back in range(10):
        before, now = rows(DAY - timedelta(days=back + 1)), rows(DAY - timedelta(days=back))
        was = {key for key, row in before.items() if row["rank"] <= 50}
        returned += sum(key in was for key, row in now.items() if row["rank"] <= 50)
    assert 0.2 < returned / 500 < 0.45  # of real ones 0.29


def test_works_stay_for_days_in_a_weekly_ranking_and_some_that_dropped_out_come_back() -> None:
    days = [set(rows(DAY - timedelta(days=back), "weekly")) for back in range(12)]
    assert set.intersection(*days[:5])
    assert (days[0] - days[1]) & set.union(*days[2:])


def test_ratings_and_views_fall_with_the_rank() -> None:
    listed = sorted(rows().values(), key=lambda row: row["rank"])
    for count in ("rating_count", "view_count"):
        assert sum(r[count] for r in listed[:100]) > 1.5 * sum(r[count] for r in listed[-100:])


def test_a_work_is_renamed_withheld_or_deleted_in_time_and_a_gap_is_left() -> None:
    later = LAST + timedelta(days=500)
    now, then = rows(last=DAY), rows(last=later)
    gone = set(now) - set(then)
    renamed = [k for k in then if then[k]["title"] not in (now[k]["title"], "")]
    withheld = [k for k in then if "mask_reason" in then[k] and "mask_reason" not in now[k]]
    assert gone
    assert renamed
    assert withheld
    assert all(then[k]["rank"] == now[k]["rank"] for k in then)


@pytest.mark.parametrize(("key", "day"), [("is_masked", "2024-09-03"), ("mask_reason", "2025-03-08")])
def test_a_row_key_appears_on_its_day(key: str, day: str) -> None:
    begins = date.fromisoformat(day)
    assert not any(key in row for row in rows(begins - timedelta(days=1)).values())
    assert any(key in row for row in rows(begins).values())


def test_the_shape_of_november_2025_comes_and_goes_before_it_stays() -> None:
    shaped = {}
    for number in range(1, 31):
        root = rankings.reply(1, "daily", "all", date(2025, 11, number), 1, LAST)
        assert root is not None
        assert ("480x960" in root["contents"][0]["url"]) == ("meta" in root)
        shaped[number] = "zoneConfig" in root
    assert shaped[1]
    assert not all(shaped[number] for number in range(1, 20))
    assert all(shaped[number] for number in range(20, 31))
    before = rankings.reply(1, "daily", "all", date(2025, 10, 31), 1, LAST)
    assert before is not None
    assert "meta" not in before


@pytest.mark.parametrize(("now", "day"), [("2026-10-08T11:59:59", "2026-10-06"), ("2026-10-08T12:00:00", "2026-10-07")])
def test_a_day_appears_at_noon_in_japan_of_the_next(now: str, day: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=fake_works.JST)
    assert rankings.newest(at) == date.fromisoformat(day)


def test_the_first_ranking_is_of_2007_and_names_none_before_it() -> None:
    root = rankings.reply(1, "daily", "all", date(2007, 9, 13), 1, LAST)
    assert root is not None
    assert root["prev_date"] is False
    assert rankings.reply(1, "daily", "all", date(2007, 9, 12), 1, LAST) is None
    assert rankings.reply(1, "daily_ai", "all", date(2022, 10, 30), 1, LAST) is None


def test_days_without_a_ranking_are_passed_over_by_their_neighbours() -> None:
    days = (date(2008, 1, 1) + timedelta(days=n) for n in range(1500))
    lost = next(day for day in days if not rankings.is_ranked("daily", day))
    after = rankings.reply(1, "daily", "all", lost + timedelta(days=1), 1, LAST)
    assert after is not None
    assert after["prev_date"] < f"{lost:%Y%m%d}"


def status(url: str, cookie: str = "") -> int:
    try:
        with urlopen(Request(url, headers={"Cookie": cookie})) as answered:  # noqa: S310  # loopback
            return int(answered.status)
    except HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize(
    ("query", "cookie", "code"),
    [
        ("format=json&mode=daily_r18", "", 403),
        ("format=json&mode=daily_r18", "PHPSESSID=1_a", 200),
        ("format=json&mode=rookie&content=ugoira", "", 404),
        ("format=json&mode=daily&p=11", "", 404),
        ("format=json&mode=daily&date=nonsense", "", 404),
        ("mode=daily", "", 200),
    ],
)
def test_what_pixiv_refuses_is_refused(standin: Standin, query: str, cookie: str, code: int) -> None:
    assert status(f"{standin.url}/ranking.php?{query}", cookie) == code


def test_replies_of_whole_days_are_made_ahead() -> None:
    standin = Standin(generate=True, now=datetime(2026, 10, 8, 4, tzinfo=UTC))
    assert standin.render_ahead(2, ["daily"]) == 20


def test_the_world_has_no_last_day() -> None:
    for day in (date(2027, 1, 1), date(2045, 3, 1)):
        ranked = rankings.order(1, "daily", "all", day)
        assert len(ranked) == 500
        assert max(fake_works.day_of(work.artwork_id) for work in ranked) == day


def test_the_usual_pages_of_a_mode_are_those_that_the_site_has() -> None:
    known = {mode: (set(CONTENTS[mode]), usual_pages({"mode": mode, "content": "all"})) for mode in CONTENTS}
    assert known == {mode: (set(contents), pages) for mode, (contents, pages) in rankings.MODES.items()}
    began = {mode: first_day(mode) for mode in CONTENTS if first_day(mode) > rankings.FIRST}
    assert began.items() <= rankings.FIRST_OF.items()
