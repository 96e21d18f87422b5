"""The pictures of the report: answers as Vega-Lite, which the reader's browser draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt

from crawler.places import command
from crawler.publish.report.facts import Facts, Rows
from crawler.tables import codes
from crawler.words import counted

Chart = Any
WORK = "https://www.pixiv.net/artworks/"
USER = "https://www.pixiv.net/users/"
WEEKDAYS = "['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][datum.value]"
STATES = {"all ranks": "#2a9d8f", "first ranks": "#a8d5ba", "missing": "#d1603d"}
A_DAY = 86_400_000
"""Milliseconds: no mark on an axis of days is of an hour."""
HIGHLIGHTED = 5
GREY = "#9aa6b1"
COLOURS = ("#4c78a8", "#e45756", "#2a9d8f", "#b279a2", "#e2a72e")
MOST_TITLE = 40
MOST_POINTS = 24
"""Months of a line with a mark each: of more they run into each other."""
HOURS_A_WEEK = 24 * 7


@dataclass(frozen=True)
class Picture:
    """A part of the report.

    answer: the question of `./run sql` whose answer it shows. claim: what it shows in a sentence, from the answer's rows.
    draw: makes it of them. heading: stands where there are none, with `nothing`: what to do.
    """

    answer: str
    heading: str
    claim: Callable[[Rows], str]
    draw: Callable[[Rows], Chart]
    nothing: str


def calendar(rows: Rows) -> Chart:
    """A strip a ranking: the days that are archived whole, in part, and that are missing."""
    for row in rows:
        # For who hears the page; Vega's own would name the days by the reader's clock.
        row["said"] = f"{row['ranking']}: {row['extent']}, {row['first_on']} to {row['last_on']}"
    base = _wide(rows).encode(
        _days("first_on"),
        alt.X2("after:T"),
        alt.Y("ranking:N", title=None, axis=alt.Axis(labelLimit=120)),
        alt.Color(
            "state:N",
            title=None,
            scale=alt.Scale(domain=list(STATES), range=list(STATES.values())),
            legend=alt.Legend(orient="top", symbolStrokeWidth=0),
        ),
        description=alt.Description("said:N"),
        tooltip=_tips(rows, "ranking extent first_on last_on days"),
    )
    there = base.transform_filter("datum.state != 'missing'").mark_rect(height=alt.RelativeBandSize(0.7))
    # A single missing day of nineteen years is thinner than a line: its edge makes it visible.
    gaps = base.transform_filter("datum.state == 'missing'").mark_rect(
        height=alt.RelativeBandSize(0.7), stroke=STATES["missing"], strokeWidth=1.5
    )
    has_gaps = any(row["state"] == "missing" for row in rows)
    return (there + gaps if has_gaps else there).properties(height=24 * len({row["ranking"] for row in rows}))


def calendar_claim(rows: Rows) -> str:
    """How many days are there, and how many are not."""
    days = {state: sum(row["days"] for row in rows if row["state"] == state) for state in STATES}
    there = days["all ranks"] + days["first ranks"]
    rankings = counted(len({row["ranking"] for row in rows}), "ranking")
    gaps = f"{counted(days['missing'], 'day')} missing" if days["missing"] else "no day missing between them"
    return f"{counted(there, 'day')} of {rankings}, {days['all ranks']:,} with all ranks; {gaps}"


def paths(rows: Rows) -> Chart:
    """A line a work through the days: five are labelled, the rest grey; one that is pointed at or found stands out."""
    best = {row["artwork_id"]: _short(row["title"]) for row in _most_days(rows).values()}
    # Titles are the values of the colour scale: two works of one title would be one line in the legend.
    if len(set(best.values())) < len(best):
        best = {artwork_id: f"{title} ({artwork_id})" for artwork_id, title in best.items()}
    names = list(best.values())
    for row in rows:
        row["work"] = str(row["artwork_id"])
        row["url"] = WORK + row["work"]
        row["title"], row["artist"] = row["title"] or "(withheld)", row["artist"] or ""
        row["label"] = best.get(row["artwork_id"], "others")
    search = alt.param(
        "search", value="", bind=alt.binding(input="search", placeholder="title or artist", name="Find ")
    )
    hover = alt.selection_point(fields=["work"], on="pointerover", empty=False, name="hover")
    is_found = "(search != '' && indexof(lower(datum.title + ' ' + datum.artist), lower(search)) >= 0)"
    is_shown = f"{is_found} || (search == '' && datum.label != 'others')"
    base = _wide(rows).encode(
        _days("ranking_on"),
        alt.Y("rank:Q", scale=alt.Scale(type="log", reverse=True, nice=False), title="rank"),
        alt.Detail("work:N"),
        alt.Color(
            "label:N",
            title=None,
            scale=alt.Scale(domain=[*names, "others"], range=[*COLOURS[: len(names)], GREY]),
            legend=alt.Legend(orient="top", columns=1, labelLimit=400),
        ),
        alt.Href("url:N"),
        tooltip=_tips(rows, "title artist ranking_on rank view_count rating_count"),
    )
    lines = base.mark_line(interpolate="monotone").encode(
        opacity=alt.condition(is_shown, alt.value(1), alt.value(0.25)),
        strokeWidth=alt.condition(hover, alt.value(4), alt.value(1.6)),
    )
    points = (
        base.mark_circle(size=28)
        .encode(opacity=alt.condition(is_shown, alt.value(0.9), alt.value(0.15)))
        .add_params(hover)
    )
    return (lines + points).add_params(search).properties(height=420)


def _days(column: str) -> alt.X:
    # A day is read as its midnight in UTC, and would be the day before west of it.
    # Vega's own labels mix days of the week ("Fri 02") with days of the month ("Oct 18").
    labels = dict.fromkeys(("day", "date", "week"), "%b %d") | {"month": "%b %Y", "year": "%Y"}
    axis = alt.Axis(tickMinStep=A_DAY, format=labels, labelOverlap="greedy", labelSeparation=8)
    return alt.X(f"{column}:T", title=None, scale=alt.Scale(type="utc"), axis=axis)


def _months(column: str, **axis: Any) -> alt.X:
    step = alt.Axis(format="%Y-%m", tickMinStep=28 * A_DAY, **axis)
    return alt.X(f"{column}:T", title=None, scale=alt.Scale(type="utc"), axis=step)


def _most_days(rows: Rows) -> dict[int, dict[str, Any]]:
    """Of the works that stayed longest a row each, the highest first among equals."""
    days = Counter(row["artwork_id"] for row in rows)
    ranked = sorted(
        {row["artwork_id"]: row for row in rows}.values(), key=lambda r: (-days[r["artwork_id"]], r["best_rank"])
    )
    return {row["artwork_id"]: row for row in ranked[:HIGHLIGHTED]}


def _short(title: str | None) -> str:
    title = title or "(withheld)"
    return title if len(title) <= MOST_TITLE else f"{title[: MOST_TITLE - 1]}…"


def paths_claim(rows: Rows) -> str:
    """Which work stayed longest, and for how long."""
    first = next(iter(_most_days(rows).values()))
    days = sum(row["artwork_id"] == first["artwork_id"] for row in rows)
    return f"“{_short(first['title'])}” stayed longest: {counted(days, 'day')}, at best rank {first['best_rank']}"


def needed(rows: Rows) -> Chart:
    """Views at three ranks by month: the median day, and the middle half of the days as a band."""
    colour = alt.Color(
        "rank:O", title="rank", scale=alt.Scale(range=list(COLOURS[:3])), legend=alt.Legend(orient="top")
    )
    base = _wide(rows).encode(
        _months("month"), colour, tooltip=_tips(rows, "month rank days lower_quarter median_views upper_quarter")
    )
    band = base.mark_area(opacity=0.2).encode(alt.Y("lower_quarter:Q", title="views"), alt.Y2("upper_quarter:Q"))
    has_points = len({row["month"] for row in rows}) <= MOST_POINTS
    line = base.mark_line(point=has_points).encode(alt.Y("median_views:Q", scale=alt.Scale(type="log", nice=False)))
    return band + line


def needed_claim(rows: Rows) -> str:
    """What the newest month asks for."""
    newest = max(row["month"] for row in rows)
    views = {row["rank"]: row["median_views"] for row in rows if row["month"] == newest}
    said = ", ".join(f"{count:,} for rank {rank}" for rank, count in sorted(views.items()))
    return f"On the median day of {newest} it took {said} (views)"


def views(rows: Rows) -> Chart:
    """The factor by which views of the same work grow from one count to the next, by its age at the first."""
    base = _wide(rows).encode(
        alt.X("age_days:Q", scale=alt.Scale(type="symlog"), title="age of the work at the first count, days"),
        alt.Color("days_later:O", title="days to the next count", legend=alt.Legend(orient="top")),
        tooltip=_tips(rows, "age_days days_later works mean_factor lower_quarter median_factor upper_quarter"),
    )
    scale = alt.Scale(type="log")
    halves = base.mark_rule(opacity=0.4, strokeWidth=3).encode(
        alt.Y("lower_quarter:Q", scale=scale, title="views at the next count, as a multiple"), alt.Y2("upper_quarter:Q")
    )
    return halves + base.mark_line(point=True).encode(alt.Y("median_factor:Q", scale=scale))


def views_claim(rows: Rows) -> str:
    """The growth that most works show."""
    most = max(rows, key=lambda row: row["works"])
    age = f"of {counted(most['age_days'], 'day')}" if most["age_days"] else "younger than a day"
    return (
        f"Views of a work {age} are {most['median_factor']:g} times as many"
        f" {counted(most['days_later'], 'day')} later (median of {most['works']:,} works)"
    )


def turnover(rows: Rows) -> Chart:
    """The share of newcomers, month by month."""
    bars = _wide(rows).mark_bar(cornerRadius=2, color="#72b7b2")
    return bars.encode(
        _months("utcyearmonth(month)"),
        alt.Y("percent_new_to_these_ranks:Q", title="new on these ranks, %", scale=alt.Scale(domain=[0, 100])),
        tooltip=_tips(
            rows, "month days ranks entries new_to_ranking percent_new_to_ranking percent_new_to_these_ranks"
        ),
    )


def turnover_claim(rows: Rows) -> str:
    """The share of newcomers over all months."""
    entries = sum(row["entries"] for row in rows)
    new = sum(row["new_to_these_ranks"] or 0 for row in rows)
    depths = {row["ranks"] for row in rows}
    (depth,) = depths if len(depths) == 1 else ("",)
    where = {"all": "the ranking", "": "the ranks that are archived"}.get(depth, f"ranks {depth}")
    return f"{100 * new / max(entries, 1):.0f}% of {where} are new from one day to the next"


def shares(rows: Rows) -> Chart:
    """A small picture a tag: its share of the ranked works by month."""
    order = sorted({row["tag"] for row in rows}, key=lambda tag: -_mean_share(rows, tag))
    chart = alt.Chart(alt.InlineData(values=rows), width=190, height=90).resolve_scale(y="independent")
    return chart.mark_line(point={"size": 14}, color=COLOURS[0]).encode(
        _months("month", tickCount=3),
        alt.Y("percent:Q", title=None, axis=alt.Axis(labelExpr="datum.value + '%'", tickCount=3)),
        alt.Facet("tag:N", columns=4, title=None, sort=order, header=alt.Header(labelLimit=190)),
        tooltip=_tips(rows, "tag month works_with_tag works_with_tags percent"),
    )


def _mean_share(rows: Rows, tag: str) -> float:
    of_tag = [row["percent"] for row in rows if row["tag"] == tag]
    return float(sum(of_tag) / len(of_tag))


def shares_claim(rows: Rows) -> str:
    """The most usual tag, and how its share went."""
    tag = max({row["tag"] for row in rows}, key=lambda tag: _mean_share(rows, tag))
    of_tag = sorted((row["month"], row["percent"]) for row in rows if row["tag"] == tag)
    (first_month, first), (last_month, last) = of_tag[0], of_tag[-1]
    if first_month == last_month:
        return f"{tag} is the most usual tag: {last:g}% of the ranked works"
    return f"{tag} is the most usual tag: {last:g}% of the ranked works in {last_month}, {first:g}% in {first_month}"


def tags(rows: Rows) -> Chart:
    """Rising to the right, falling to the left."""
    bars = _wide(rows, 18 * len(rows)).mark_bar(cornerRadius=2)
    return bars.transform_calculate(direction="datum.change >= 0 ? 'rises' : 'falls'").encode(
        alt.X("change:Q", title="works a day, last week against the week before"),
        alt.Y("tag:N", sort=alt.EncodingSortField("change", order="descending"), title=None),
        alt.Color(
            "direction:N",
            scale=alt.Scale(domain=["rises", "falls"], range=["#1f9e89", "#d1603d"]),
            title=None,
            legend=alt.Legend(orient="top"),
        ),
        tooltip=_tips(rows, "tag works_a_day_before works_a_day_now change"),
    )


def tags_claim(rows: Rows) -> str:
    """The tag that gained most."""
    first = max(rows, key=lambda row: row["change"])
    return (
        f"{first['tag']} gained most: {first['works_a_day_now']:g} works a day in the last week,"
        f" {first['works_a_day_before']:g} in the week before"
    )


def artists(rows: Rows) -> Chart:
    """The artists with most entries."""
    for row in rows:
        row["url"], row["artist"] = f"{USER}{row['user_id']}", row["artist"] or str(row["user_id"])
    bars = _wide(rows, 18 * len(rows)).mark_bar(cornerRadius=2, color="#4c78a8")
    return bars.encode(
        alt.X("entries:Q", title="entries", axis=alt.Axis(format=",d", tickMinStep=1)),
        alt.Y("artist:N", sort="-x", title=None),
        alt.Href("url:N"),
        tooltip=_tips(rows, "artist user_id entries works best_rank"),
    )


def artists_claim(rows: Rows) -> str:
    """Who has most entries."""
    first = max(rows, key=lambda row: row["entries"])
    name = first["artist"] or first["user_id"]
    return f"{name} has most entries: {first['entries']:,}, of {counted(first['works'], 'work')}"


def concentration(rows: Rows) -> Chart:
    """What shares the most frequent artists hold of the entries."""
    (row,) = rows
    labels = {
        "top_10_percent": "the first 10",
        "top_100_percent": "the first 100",
        "top_hundredth_percent": "the first 1%",
    }
    held = [{"artists": label, "percent": row[name]} for name, label in labels.items()]
    bars = _wide(held, 26 * len(held)).mark_bar(cornerRadius=2, color="#4c78a8")
    return bars.encode(
        alt.X("percent:Q", title="of all entries, %", scale=alt.Scale(domain=[0, 100])),
        alt.Y("artists:N", title=None, sort=list(labels.values())),
        tooltip=_tips(held, "artists percent"),
    )


def concentration_claim(rows: Rows) -> str:
    """How much the first hundredth holds."""
    (row,) = rows
    return (
        f"One artist in a hundred holds {row['top_hundredth_percent']:g}% of the entries ({row['artists']:,} artists)"
    )


def stays(rows: Rows) -> Chart:
    """The mean days that a work is seen in each mode, and the bound that previous ranks give."""
    order = [row["mode"] for row in sorted(rows, key=lambda row: -(row["mean_days_at_least"] or 0))]
    shown = "mode ranks archived_days works mean_days_seen mean_days_at_least one_day_percent_at_most most_days_seen"
    base = _wide(rows, 26 * len(rows)).encode(alt.Y("mode:N", title=None, sort=order), tooltip=_tips(rows, shown))
    bars = base.mark_bar(cornerRadius=2, color="#72b7b2").encode(
        alt.X("mean_days_at_least:Q", title="mean days in the ranking, at least")
    )
    ticks = base.mark_tick(thickness=3, color=COLOURS[1]).encode(alt.X("mean_days_seen:Q"))
    return bars + ticks


def stays_claim(rows: Rows) -> str:
    """Where works stay longest."""
    held = [row for row in rows if row["mean_days_at_least"] is not None]
    longest = max(held or rows, key=lambda row: row["mean_days_at_least"] or 0)
    days = longest["mean_days_at_least"]
    return (
        f"Works stay longest in {longest['mode']}: {days:g} days on average, at least"
        if days
        else "How long works stay"
    )


def hours(rows: Rows) -> Chart:
    """Hour and weekday of publication of the ranked works, as a multiple of an even spread over the week."""
    even = sum(row["works"] for row in rows) / HOURS_A_WEEK
    for row in rows:
        row["times_even"] = round(row["works"] / even, 2)
    squares = _wide(rows, 26 * 7).mark_rect(cornerRadius=2)
    return squares.encode(
        alt.X("hour_in_japan:O", title="hour in Japan", axis=alt.Axis(labelAngle=0)),
        alt.Y("weekday:O", title=None, axis=alt.Axis(labelExpr=WEEKDAYS)),
        alt.Color(
            "times_even:Q",
            title="ranked works, as a multiple of an even spread",
            scale=alt.Scale(scheme="goldgreen"),
            legend=alt.Legend(orient="top", titleLimit=400),
        ),
        tooltip=_tips(rows, "weekday hour_in_japan works times_even works_in_top_10 mean_best_rank"),
    )


def hours_claim(rows: Rows) -> str:
    """The hour that most ranked works are of, against an even spread."""
    by_hour = Counter[int]()
    for row in rows:
        by_hour[row["hour_in_japan"]] += row["works"]
    hour, count = by_hour.most_common(1)[0]
    times = 24 * count / max(sum(by_hour.values()), 1)
    return f"Most ranked works are of {hour}:00 to {hour + 1}:00 in Japan: {times:.1f} times as many as if hours were alike"


def prices(rows: Rows) -> Chart:
    """Chart the number of requests in each class of five thousand yen."""
    bars = _wide(rows).mark_bar()
    return bars.encode(
        alt.X("from_yen:Q", title="yen", bin=alt.Bin(binned=True, step=5000)),
        alt.X2("to_yen:Q"),
        alt.Y("requests:Q", title="requests", stack=True),
        alt.Color("kind:N", title=None, legend=alt.Legend(orient="bottom")),
        tooltip=_tips(rows, "kind from_yen to_yen requests"),
    )


def prices_claim(rows: Rows) -> str:
    """The class of price that most requests are of."""
    classes = Counter[int]()
    for row in rows:
        classes[row["from_yen"]] += row["requests"]
    yen, count = classes.most_common(1)[0]
    total = sum(classes.values())
    return f"Most requests cost {yen:,} to {yen + 5000:,} yen: {count:,} of {total:,}"


def nights(rows: Rows) -> Chart:
    """A mark a run: when, how many requests, how it ended."""
    marks = _wide(rows).mark_circle(size=70, opacity=0.8)
    return marks.encode(
        alt.X("started_at:T", title=None),
        alt.Y("request_count:Q", title="requests"),
        alt.Color(
            "outcome:N",
            title=None,
            legend=alt.Legend(orient="bottom"),
            scale=alt.Scale(domain=list(codes.JOB_OUTCOME), range=["#1f9e89", "#e2a72e", "#c9382f", GREY, "#7a1f1f"]),
        ),
        tooltip=_tips(rows, "started_at job outcome request_count minutes"),
    )


def nights_claim(rows: Rows) -> str:
    """How many runs ended well."""
    well = sum(row["outcome"] == codes.OK for row in rows)
    return f"{well:,} of {counted(len(rows), 'run')} of jobs ended well"


NO_RANKING = f"No ranking of this time is archived: {command('crawl rankings')}"
PICTURES = (
    Picture("missing-days", "What is archived", calendar_claim, calendar, NO_RANKING),
    Picture("paths", "Paths through the ranks", paths_claim, paths, NO_RANKING),
    Picture("views-at-rank", "Views at a rank", needed_claim, needed, NO_RANKING),
    Picture(
        "views-by-age",
        "How views grow with age",
        views_claim,
        views,
        f"No work was counted twice in this time: {command('job run nightly')}",
    ),
    Picture("turnover", "Newcomers", turnover_claim, turnover, NO_RANKING),
    Picture("tag-shares", "Tags", shares_claim, shares, NO_RANKING),
    Picture(
        "tag-trends",
        "Tags that rise and fall",
        tags_claim,
        tags,
        f"Two weeks of a daily ranking are needed: {command('crawl rankings')} -a date=today-15..",
    ),
    Picture("top-artists", "Artists", artists_claim, artists, NO_RANKING),
    Picture("concentration", "Concentration", concentration_claim, concentration, NO_RANKING),
    Picture("stay-by-mode", "How long works stay", stays_claim, stays, NO_RANKING),
    Picture("publication-hours", "Hours of publication", hours_claim, hours, NO_RANKING),
    Picture(
        "price-classes",
        "Prices of commissions",
        prices_claim,
        prices,
        f"No request with a price: {command('crawl commissions')}",
    ),
    Picture("nights", "The nights", nights_claim, nights, f"No job has run: {command('job run nightly')}"),
)


def specifications(facts: Facts) -> Mapping[str, Any]:
    """The pictures that there is something to draw in, by answer."""
    drawn = {}
    for picture in PICTURES:
        answer = facts.answers.get(picture.answer)
        if answer and answer.rows:
            # The rows are the answers': a picture adds to copies.
            spec = picture.draw([dict(row) for row in answer.rows]).to_dict()
            drawn[picture.answer] = spec
    return drawn


def _wide(rows: Rows, height: int = 260) -> Chart:
    """A chart as wide as its place."""
    return alt.Chart(alt.InlineData(values=rows), width="container", height=height)


def _tips(rows: Rows, names: str) -> list[Any]:
    """Return the tooltips of a mark, from names of columns in a row: numbers with separators, days as dates."""
    return [alt.Tooltip(field=name, title=name.replace("_", " "), **_kind(rows, name)) for name in names.split()]


def _kind(rows: Rows, name: str) -> dict[str, Any]:
    value = next((row[name] for row in rows if row.get(name) is not None), None)
    if name.endswith("_at"):
        return {"type": "temporal", "format": "%Y-%m-%d %H:%M"}
    is_number = isinstance(value, (int, float)) and not name.endswith(("_id", "year", "month"))
    return {"type": "quantitative", "format": ","} if is_number else {"type": "nominal"}
