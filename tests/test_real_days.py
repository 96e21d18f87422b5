"""Queries on first pages of the daily ranking, beside figures that plain Python computes from the raw responses."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from crawler.archive import queries, views
from crawler.archive.completeness import notes
from crawler.archive.database.engine import create, reading
from crawler.archive.wanted import tracking
from crawler.publish.report import facts
from standin import rankings
from tests import replies
from tests.test_questions import filled

NOON_AFTER = 27 * 3_600_000
"""Milliseconds from a day's begin (UTC) to noon in Japan of the next, when its ranking is published."""


FIRST, LAST = date(2026, 8, 1), date(2026, 9, 15)


@pytest.fixture(scope="module", params=["recorded", "first pages of the fake server"])
def bodies(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """The first page of the daily ranking of some fifty days, as pixiv sent it and as the fake server does."""
    if request.param == "recorded":
        folder: Path = request.getfixturevalue("responses") / "ranking_daily"
        return [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]
    return list(rankings.first_pages(1, "daily", FIRST, LAST))


@pytest.fixture(scope="module")
def raw(bodies: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The entries of each day, by its date."""
    assert len(bodies) > 40
    return {f"{body['date'][:4]}-{body['date'][4:6]}-{body['date'][6:]}": body["contents"] for body in bodies}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, bodies: list[dict[str, Any]]) -> Iterator[Engine]:
    """An archive of these days, each seen when it was published."""
    engine = create(f"sqlite:///{tmp_path_factory.mktemp('days')}/archive.db")
    pages = (replies.body_page(body, at_ms=published(body["date"])) for body in bodies)
    yield filled(engine, pages)
    engine.dispose()


def published(day: str) -> int:
    """The moment in milliseconds at which the ranking of a day appeared."""
    at = datetime(int(day[:4]), int(day[4:6]), int(day[6:]), tzinfo=UTC)
    return int(at.timestamp() * 1000) + NOON_AFTER


def answer(engine: Engine, name: str, **given: str) -> list[dict[str, Any]]:
    """The rows of a query, as dicts."""
    with reading(engine) as connection:
        found = queries.run(connection, queries.load(name), given)
    return [dict(zip(found.headings, row, strict=True)) for row in found.rows]


PERIOD = {"since": "2007-09-13", "until": "2026-12-31"}


def test_tags_of_entries_are_those_of_the_response_that_they_came_with(engine: Engine, raw: Any) -> None:
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT CAST(ranking_on AS TEXT), rank, tag, is_hindsight FROM v_ranking_tags")
        ).all()
    expected = {(day, entry["rank"], tag) for day, entries in raw.items() for entry in entries for tag in entry["tags"]}
    assert {tuple(row[:3]) for row in found} == expected
    assert not any(row.is_hindsight for row in found)


def test_an_outcome_that_is_a_tag_is_not_carried_to_the_day_before(engine: Engine, raw: Any) -> None:
    days = Counter(entry["illust_id"] for entries in raw.values() for entry in entries)
    firsts: dict[int, list[str]] = {}
    for day in sorted(raw):
        for entry in raw[day]:
            firsts.setdefault(entry["illust_id"], entry["tags"])
    twice = [key for key, count in days.items() if count == 2]
    assert len(twice) > 90
    expected = sum(any("users入り" in tag for tag in firsts[key]) for key in twice)
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT count(DISTINCT t.artwork_id) FROM v_ranking_tags t JOIN (SELECT artwork_id, min(ranking_on) AS first_on"
                " FROM v_ranking_history GROUP BY artwork_id HAVING count(*) = 2) w ON w.artwork_id = t.artwork_id"
                " AND w.first_on = t.ranking_on WHERE t.tag LIKE '%users入り'"
            )
        ).scalar()
    assert found == expected


def test_new_entries_are_told_of_the_ranking_and_of_the_ranks_that_are_here(engine: Engine, raw: Any) -> None:
    entries: Counter[str] = Counter()
    new, new_here = Counter[str](), Counter[str]()
    for day, listed in raw.items():
        for entry in listed:
            before = entry.get("yes_rank")
            entries[day[:7]] += 1
            new[day[:7]] += not before
            new_here[day[:7]] += not before or before > 50
    found = {row["month"]: row for row in answer(engine, "turnover", **PERIOD)}
    assert {month: row["entries"] for month, row in found.items()} == entries
    assert {month: row["new_to_ranking"] for month, row in found.items()} == new
    assert {month: row["new_to_these_ranks"] for month, row in found.items()} == new_here
    assert {row["ranks"] for row in found.values()} == {"1-50"}
    assert new_here > new


def test_stays_have_bounds_where_only_the_first_ranks_are_read(engine: Engine, raw: Any) -> None:
    seen: dict[int, set[str]] = {}
    before: dict[int, int] = {}
    days = sorted(raw)
    for day in days:
        for entry in raw[day]:
            key = entry["illust_id"]
            seen.setdefault(key, set()).add(day)
            yesterday = f"{date.fromisoformat(day) - timedelta(days=1)}"
            was_here = yesterday in raw and any(one["illust_id"] == key for one in raw[yesterday])
            before[key] = before.get(key, 0) + bool(entry.get("yes_rank") and not was_here)
    at_least = {key: len(seen[key]) + before[key] for key in seen}
    (row,) = answer(engine, "stay-by-mode", **PERIOD)
    assert row["works"] == len(seen)
    assert row["ranks"] == "1-50"
    assert row["mean_days_seen"] == round(sum(map(len, seen.values())) / len(seen), 2)
    assert row["mean_days_at_least"] == round(sum(at_least.values()) / len(seen), 2)
    one_day = 100 * sum(count == 1 for count in at_least.values()) / len(seen)
    assert row["one_day_percent_at_most"] == round(one_day, 1)
    assert row["mean_days_at_least"] > row["mean_days_seen"]


def test_views_grow_within_works(engine: Engine, raw: Any) -> None:
    looks: dict[int, list[tuple[str, int]]] = {}
    for day in sorted(raw):
        for entry in raw[day]:
            looks.setdefault(entry["illust_id"], []).append((day, entry["view_count"]))
    factors = [
        later / first
        for (one, first), (other, later) in (pair for of_work in looks.values() for pair in itertools.pairwise(of_work))
        if date.fromisoformat(other) - date.fromisoformat(one) == timedelta(days=1)
    ]
    rows = [row for row in answer(engine, "views-by-age", **PERIOD) if row["days_later"] == 1]
    count = sum(row["pairs_of_counts"] for row in rows)
    # One whose images were uploaded again after its first day has no age there.
    assert len(factors) - 1 <= count <= len(factors)
    mean = sum(float(row["mean_factor"]) * row["pairs_of_counts"] for row in rows) / count
    assert mean == pytest.approx(sum(factors) / len(factors), abs=0.01)


@pytest.mark.parametrize("users", [100, 500, 1000])
def test_works_with_a_tag_of_users_are_those_with_this_number(engine: Engine, raw: Any, users: int) -> None:
    expected = {
        (entry["illust_id"], tag)
        for entries in raw.values()
        for entry in entries
        for tag in entry["tags"]
        if re.search(rf"(?<![0-9]){users}users入り$", tag)
    }
    # What a work had on one day and not on its last is no present tag.
    lasts = {entry["illust_id"]: entry["tags"] for day in sorted(raw) for entry in raw[day]}
    expected = {(key, tag) for key, tag in expected if tag in lasts[key]}
    found = answer(engine, "users-tags", users=str(users), most="100000")
    assert {(row["artwork_id"], row["tag"]) for row in found} == expected


def test_ties_are_told_from_days_on_which_a_tag_led_alone(engine: Engine, raw: Any) -> None:
    alone, tied = Counter[str](), Counter[str]()
    for entries in raw.values():
        counts = Counter(tag for entry in entries for tag in entry["tags"])
        most = max(counts.values())
        leaders = [tag for tag, count in counts.items() if count == most]
        (alone if len(leaders) == 1 else tied).update(leaders)
    found = answer(engine, "tag-leaders", most="1000", **PERIOD)
    assert {row["tag"]: row["days_led_alone"] for row in found if row["days_led_alone"]} == alone
    assert {row["tag"]: row["days_tied"] for row in found if row["days_tied"]} == tied


def test_only_artists_of_whom_all_works_are_known_have_a_first_ranking(engine: Engine) -> None:
    assert answer(engine, "first-rankings", **PERIOD) == []


def test_nothing_is_said_to_have_vanished_or_not_where_no_page_was_looked_at(engine: Engine) -> None:
    given = {"since": "2020-01-01", "until": "2026-12-31"}
    rows = answer(engine, "vanished-by-month", **given)
    assert sum(row["works"] for row in rows) > 1000
    assert {(row["rechecked"], row["percent_of_rechecked"]) for row in rows} == {(0, None)}


def entries_of(raw: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each entry with its day, in order."""
    for day in sorted(raw):
        for entry in raw[day]:
            yield day, entry


def half_up(value: float) -> int:
    return int(value + 0.5)


def test_works_and_artists_by_their_entries(engine: Engine, raw: Any) -> None:
    works: dict[int, list[tuple[str, int]]] = {}
    artists: dict[int, list[tuple[int, int]]] = {}
    for day, entry in entries_of(raw):
        works.setdefault(entry["illust_id"], []).append((day, entry["rank"]))
        artists.setdefault(int(entry["user_id"]), []).append((entry["illust_id"], entry["rank"]))
    longest = sorted(works.items(), key=lambda one: (-len(one[1]), min(r for _, r in one[1]), one[0]))[:20]
    found = answer(engine, "longest-charting-works", mode="daily", **PERIOD)
    assert [(r["artwork_id"], r["days"], r["best_rank"], f"{r['first_on']}", f"{r['last_on']}") for r in found] == [
        (key, len(seen), min(r for _, r in seen), seen[0][0], seen[-1][0]) for key, seen in longest
    ]
    most = sorted(artists.items(), key=lambda one: (-len(one[1]), min(r for _, r in one[1]), one[0]))
    found = answer(engine, "top-artists", **PERIOD)
    assert [(r["user_id"], r["entries"], r["works"], r["best_rank"]) for r in found] == [
        (key, len(seen), len({w for w, _ in seen}), min(r for _, r in seen)) for key, seen in most[:20]
    ]
    (row,) = answer(engine, "concentration", **PERIOD)
    held = [len(seen) for _, seen in most]
    assert (row["artists"], row["entries"]) == (len(held), sum(held))
    assert float(row["top_10_percent"]) == pytest.approx(100 * sum(held[:10]) / sum(held), abs=0.051)
    (row,) = answer(engine, "ranking-panel", **PERIOD)
    assert (row["days"], row["entries"], row["works"], row["artists"], row["complete_days"]) == (
        len(raw),
        sum(held),
        len(works),
        len(artists),
        0,
    )


def test_counts_at_ranks(engine: Engine, raw: Any) -> None:
    at: dict[int, list[dict[str, Any]]] = {}
    for _, entry in entries_of(raw):
        at.setdefault(entry["rank"], []).append(entry)
    found = {row["rank"]: row for row in answer(engine, "counts-at-rank", **PERIOD)}
    assert found.keys() == {1, 2, 3, 10, 50} & at.keys()
    for rank, row in found.items():
        views = [entry["view_count"] for entry in at[rank]]
        ratings = [entry["rating_count"] for entry in at[rank]]
        assert (row["days"], row["least_views"], row["least_ratings"]) == (len(views), min(views), min(ratings))
        assert row["mean_views"] == half_up(sum(views) / len(views))
        assert row["mean_ratings"] == half_up(sum(ratings) / len(ratings))
    (row,) = answer(engine, "rank-against-views", **PERIOD)
    every = [entry["view_count"] for _, entry in entries_of(raw)]
    assert (row["entries"], row["mean_views"]) == (len(every), half_up(sum(every) / len(every)))
    for row in answer(engine, "views-by-year", **PERIOD):
        views = [e["view_count"] for day, e in entries_of(raw) if day[:4] == row["year"] and e["rank"] == row["rank"]]
        assert (row["days"], row["least_views"], row["most_views"]) == (len(views), min(views), max(views))


def test_new_entries_and_paths_of_works(engine: Engine, raw: Any) -> None:
    day = max(raw)
    expected = [(e["rank"], e["illust_id"]) for e in raw[day] if not e.get("yes_rank")]
    found = answer(engine, "new-entries", on=day)
    assert [(row["rank"], row["artwork_id"]) for row in found] == expected
    key = raw[min(raw)][0]["illust_id"]
    expected = [(d, e["rank"], e["view_count"]) for d, e in entries_of(raw) if e["illust_id"] == key]
    found = answer(engine, "artwork-path", artwork_id=f"{key}", **PERIOD)
    assert [(f"{row['ranking_on']}", row["rank"], row["view_count"]) for row in found] == expected
    found = answer(engine, "paths", mode="daily", most="3", **PERIOD)
    for row in found:
        (entry,) = (e for e in raw[f"{row['ranking_on']}"] if e["rank"] == row["rank"])
        assert (entry["illust_id"], entry["view_count"]) == (row["artwork_id"], row["view_count"])


def test_tags_by_month_and_their_lives(engine: Engine, raw: Any) -> None:
    tag, _ = Counter(tag for _, entry in entries_of(raw) for tag in entry["tags"]).most_common(1)[0]
    months: dict[str, set[int]] = {}
    of_days: Counter[str] = Counter()
    for day, entry in entries_of(raw):
        if tag in entry["tags"]:
            months.setdefault(day[:7], set()).add(entry["illust_id"])
            of_days[day] += 1
    found = answer(engine, "tags-by-month", tag=tag, **PERIOD)
    assert {row["month"]: row["works_with_tag"] for row in found} == {m: len(w) for m, w in months.items()}
    (row,) = answer(engine, "tag-life", tag=tag, **PERIOD)
    assert (f"{row['first_on']}", f"{row['last_on']}") == (min(of_days), max(of_days))
    assert (row["days_with_it"], row["works_at_peak"]) == (len(of_days), max(of_days.values()))


def test_kinds_are_compared_by_works(engine: Engine, raw: Any) -> None:
    kinds = {"0": "illust", "1": "manga", "2": "ugoira"}
    days: Counter[int] = Counter()
    kind_of: dict[int, str] = {}
    for _, entry in entries_of(raw):
        days[entry["illust_id"]] += 1
        # A row that is withheld says no kind that can be believed.
        shown = "" if entry.get("mask_reason") else kinds[f"{entry['illust_type']}"]
        kind_of[entry["illust_id"]] = shown or kind_of.get(entry["illust_id"], "unknown")
    found = answer(engine, "kinds-compared", **PERIOD)
    assert {row["kind"]: row["works"] for row in found} == Counter(kind_of.values())
    for row in found:
        stays = [days[key] for key, kind in kind_of.items() if kind == row["kind"]]
        assert float(row["mean_days"]) == pytest.approx(sum(stays) / len(stays), abs=0.0051)


def test_tags_that_rise_and_fall(engine: Engine, raw: Any) -> None:
    last = date.fromisoformat(max(raw))
    weeks: list[list[str]] = [[], []]
    for day in raw:
        back = (last - date.fromisoformat(day)).days
        if back < 14:
            weeks[back // 7].append(day)
    late, early = (Counter(tag for day in week for entry in raw[day] for tag in entry["tags"]) for week in weeks)
    found = answer(engine, "tag-trends", most="10")
    assert bool(found) is bool(weeks[0] and weeks[1])
    for row in found:
        was, is_now = early[row["tag"]] / len(weeks[1]), late[row["tag"]] / len(weeks[0])
        assert float(row["works_a_day_before"]) == pytest.approx(was, abs=0.051)
        assert float(row["works_a_day_now"]) == pytest.approx(is_now, abs=0.051)


def test_returns_are_new_entries_of_works_that_were_here_before(engine: Engine, raw: Any) -> None:
    seen: set[int] = set()
    expected = {}
    for day in sorted(raw):
        new = [entry["illust_id"] for entry in raw[day] if not entry.get("yes_rank")]
        # A work that was first seen when it had been ranked before is no debut at any later day.
        expected[day] = (len(raw[day]), len(new), sum(key in seen for key in new))
        seen |= {entry["illust_id"] for entry in raw[day]}
    found = answer(engine, "re-entry-share", mode="daily", **PERIOD)
    assert {f"{r['ranking_on']}": (r["entries"], r["newcomers"], r["returns"]) for r in found} == expected


def test_artists_quarters_weekdays_and_series(engine: Engine, raw: Any) -> None:
    quarters: dict[str, Counter[int]] = {}
    weekdays: dict[int, list[int]] = {}
    in_series: dict[int, bool] = {}
    for day, entry in entries_of(raw):
        if entry["rank"] <= 10:
            quarter = f"{day[:4]} Q{(int(day[5:7]) + 2) // 3}"
            quarters.setdefault(quarter, Counter())[int(entry["user_id"])] += 1
        weekdays.setdefault(date.fromisoformat(day).isoweekday(), []).append(entry["illust_id"])
        if not entry.get("mask_reason"):
            in_series[entry["illust_id"]] = bool(entry["illust_series"])
    found = answer(engine, "artists-by-quarter", most="1000", **PERIOD)
    assert {(r["quarter"], r["user_id"]): r["entries"] for r in found} == {
        (quarter, user): count for quarter, users in quarters.items() for user, count in users.items()
    }
    found = answer(engine, "bookmarks-by-weekday", **PERIOD)
    assert {r["weekday"]: (r["entries"], r["works"]) for r in found} == {
        weekday: (len(keys), len(set(keys))) for weekday, keys in weekdays.items()
    }
    found = answer(engine, "series-compared", mode="daily", **PERIOD)
    counted = Counter[str]()
    for row in found:
        counted[row["in_a_series"]] += row["works"]
    assert counted == Counter("yes" if one else "no" for one in in_series.values())


def test_what_has_no_details_sizes_and_hindsight(engine: Engine, raw: Any) -> None:
    entries = Counter(entry["illust_id"] for _, entry in entries_of(raw))
    found = answer(engine, "ranked-without-details", **PERIOD)
    assert {row["artwork_id"]: row["entries"] for row in found} == entries
    assert {row["ranks"] for row in answer(engine, "ranking-sizes", **PERIOD)} <= set(range(490, 501))
    found = answer(engine, "hindsight", **PERIOD)
    without = sum(not entry["tags"] for _, entry in entries_of(raw))
    assert sum(row["entries"] for row in found) == entries.total()
    assert sum(row["without_tags"] for row in found) == without
    assert sum(row["with_later_tags"] for row in found) == 0


def test_tags_that_stand_together_shares_and_hours(engine: Engine, raw: Any) -> None:
    lasts: dict[int, set[str]] = {}
    months: dict[str, set[int]] = {}
    for day, entry in entries_of(raw):
        months.setdefault(day[:7], set()).add(entry["illust_id"])
        if not entry.get("mask_reason"):
            lasts[entry["illust_id"]] = set(entry["tags"])
    for row in answer(engine, "tags-together", most="10", **PERIOD):
        pair = {row["tag"], row["other_tag"]}
        assert row["works"] == sum(pair <= tags for tags in lasts.values())
        assert row["works_of_tag"] == sum(row["tag"] in tags for tags in lasts.values())
    found = answer(engine, "ai-share", **PERIOD)
    assert {row["month"]: (row["works"], row["works_known"]) for row in found} == {
        month: (len(works), 0) for month, works in months.items()
    }
    hours = answer(engine, "publication-hours", **PERIOD)
    assert sum(row["works"] for row in hours) == len(lasts)
    assert {row["hour_in_japan"] for row in hours} <= set(range(24))


@pytest.fixture(scope="module")
def two_modes(tmp_path_factory: pytest.TempPathFactory, raw: dict[str, list[dict[str, Any]]]) -> Iterator[Engine]:
    """The days twice: as they are, and each a day later as the mode "male", so that the two overlap in part."""
    engine = create(f"sqlite:///{tmp_path_factory.mktemp('modes')}/archive.db")

    def pages() -> Iterator[Any]:
        for day, entries in raw.items():
            for mode, on in (("daily", day), ("male", _next(day))):
                told = {"contents": entries, "mode": mode, "date": on.replace("-", "")}
                at = published(told["date"])
                yield replies.body_page(replies.ranking(**told), at_ms=at)

    yield filled(engine, pages())
    engine.dispose()


def _next(day: str) -> str:
    return str(date.fromisoformat(day) + timedelta(days=1))


def test_two_modes_are_compared_by_the_works_they_share(two_modes: Engine, raw: Any) -> None:
    shared: dict[str, list[int | None]] = {}
    for day in sorted(raw):
        if _next(day) in raw:
            there = {entry["illust_id"]: entry["rank"] for entry in raw[_next(day)]}
            for entry in raw[day]:
                other = there.get(entry["illust_id"])
                difference = None if other is None else abs(entry["rank"] - other)
                shared.setdefault(_next(day)[:7], []).append(difference)
    found = answer(two_modes, "lists-compared", mode="male", other="daily", **PERIOD)
    assert {row["month"]: (row["entries"], row["in_both"]) for row in found} == {
        month: (len(all_of), sum(one is not None for one in all_of)) for month, all_of in shared.items()
    }
    for row in found:
        both = [one for one in shared[row["month"]] if one is not None]
        assert row["percent_in_both"] == pytest.approx(100 * len(both) / len(shared[row["month"]]), abs=0.051)
        if both:
            assert row["mean_difference_of_ranks"] == pytest.approx(sum(both) / len(both), abs=0.051)


def test_commissioned_works_are_those_of_requests_and_of_details(two_modes: Engine, raw: Any) -> None:
    best: dict[int, list[int]] = {}
    for _, entry in entries_of(raw):
        best.setdefault(entry["illust_id"], []).append(entry["rank"])
    chosen = sorted(best)[::7]
    requests = [
        {
            "requestId": str(number),
            "creatorUserId": "7",
            "requestStatus": "complete",
            "postWork": {"postWorkId": str(key), "postWorkType": "illust"},
        }
        for number, key in enumerate(chosen, 1)
    ]
    filled(two_modes, iter([replies.list_page(requests=requests)]))
    found = answer(two_modes, "commissioned-ranks", mode="daily", **PERIOD)
    for row in found:
        of = [best[key] for key in best if (key in chosen) == (row["commissioned"] == "yes")]
        assert row["ranked_works"] == len(of)
        assert row["mean_best_rank"] == pytest.approx(sum(map(min, of)) / len(of), abs=0.051)
        assert row["mean_days"] == pytest.approx(sum(map(len, of)) / len(of), abs=0.0051)
    assert [row["commissioned"] for row in found] == ["no", "yes"]


def test_depth_and_days_are_said_in_a_line(engine: Engine, raw: Any) -> None:
    query = queries.load("turnover")
    with reading(engine) as connection:
        (line, *_) = notes(connection, query, queries.run(connection, query, PERIOD))
    days = sorted(raw)
    of = (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days + 1
    assert line.startswith(f"daily/all: ranks 1–50 of 500, {len(days)} of {of} days, {days[0]} to {days[-1]}")


def test_first_pages_are_complete_days_where_they_are_all_that_is_tracked(engine: Engine, raw: Any) -> None:
    def days() -> tuple[int, int]:
        calendar = answer(engine, "calendar", **PERIOD)
        missing = answer(engine, "missing-days", **PERIOD)
        return sum(row["complete_days"] for row in calendar), sum(row["what"] == "begun" for row in missing)

    assert days() == (0, len(raw))
    ranking = tracking.Followed("ranking", 0, "daily all", pages=1)
    with engine.begin() as connection:
        tracking.add(connection, ranking)
    assert days() == (len(raw), 0)
    with engine.begin() as connection:
        tracking.remove(connection, ranking)


def test_tiles_and_modes_of_a_report_are_of_its_period(engine: Engine, raw: Any) -> None:
    day = max(raw)
    with reading(engine) as connection:
        found = facts.gather(connection, facts.Wish(day, day))
        before = facts.gather(connection, facts.Wish("2010-01-01", "2010-12-31"))
    assert found.modes == ("daily",)
    assert (found.sizes["rankings"], found.sizes["entries"]) == (1, len(raw[day]))
    assert found.sizes["works"] == len({entry["illust_id"] for entry in raw[day]})
    assert before.modes == ()
    assert set(before.sizes.values()) == {0}


def test_a_default_mode_that_is_empty_gives_way_to_the_one_with_most_days(engine: Engine) -> None:
    query = queries.load("series-compared")
    with reading(engine) as connection:
        found = queries.run(connection, query, PERIOD)
        (line, *_) = notes(connection, query, found)
    assert found.rows
    assert "mode=daily, which has most days here: no day of the usual one, weekly" in line


def test_no_sql_compares_moments_with_a_span() -> None:
    # Their digits below a millisecond are a digest: SPAN, or whole seconds on both sides.
    files = [*queries.FOLDER.glob("*.sql"), *views.FOLDER.glob("*.sql")]
    assert len(files) > 60
    for file in files:
        sql = re.sub(r"--.*", "", file.read_text())
        assert set(re.findall(r"\d{10,}", sql)) <= {"1000000000"}, file.name
        assert not re.search(r"\w+_(at|moment) - ", sql), file.name
