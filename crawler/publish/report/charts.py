"""The pictures of the report: answers as Vega-Lite, which the reader's browser draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt

from crawler.places import command
from crawler.publish.report.facts import Facts, Rows
from crawler.tables import codes

Chart = Any
MONTHS = [f"{month:02}" for month in range(1, 13)]
WORK = "https://www.pixiv.net/artworks/"
USER = "https://www.pixiv.net/users/"
WEEKDAYS = "['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][datum.value]"


@dataclass(frozen=True)
class Picture:
    """A part of the report. answer: the answer it shows; draw: makes it of the answer's rows; where: the text where there are none."""

    answer: str
    title: str
    draw: Callable[[Rows], Chart]
    nothing: str


def calendar(rows: Rows) -> Chart:
    """A field a month, a block a ranking: darker where more days are complete."""
    for row in rows:
        row["ranking"] = row["mode"] if row["content"] == "all" else f"{row['mode']}/{row['content']}"
    return (
        _wide(rows)
        .mark_rect(cornerRadius=2)
        .encode(
            alt.X("month:O", title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(domain=MONTHS)),
            alt.Y("year:O", title=None, sort="descending"),
            alt.Color(
                "complete_days:Q",
                title="complete days",
                scale=alt.Scale(scheme="tealblues", domain=[0, 31]),
                legend=alt.Legend(orient="bottom"),
            ),
            alt.Facet("ranking:N", columns=2, title=None),
            tooltip=_tips(rows, "ranking", "year", "month", "days", "complete_days", "first_on", "last_on"),
        )
        .properties(width=260, height=alt.Step(20))
    )


A_DAY = 86_400_000
"""Milliseconds: no mark on an axis of days is of an hour."""


def paths(rows: Rows) -> Chart:
    """A line a work through the days; the one pointed at, or found by its title or artist, stands out."""
    for row in rows:
        row["work"] = str(row["artwork_id"])
        row["url"] = WORK + row["work"]
        row["title"], row["artist"] = row["title"] or "(withheld)", row["artist"] or ""
    search = alt.param(
        "search", value="", bind=alt.binding(input="search", placeholder="title or artist", name="Find ")
    )
    hover = alt.selection_point(fields=["work"], on="pointerover", empty=False, name="hover")
    is_found = "search != '' && indexof(lower(datum.title + ' ' + datum.artist), lower(search)) >= 0"
    strong = f"({is_found})"
    base = _wide(rows).encode(
        # A day is read as its midnight in UTC, and would be the day before west of it.
        alt.X("ranking_on:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(tickMinStep=A_DAY)),
        alt.Y("rank:Q", scale=alt.Scale(type="log", reverse=True, nice=False), title="rank"),
        alt.Detail("work:N"),
        alt.Color("work:N", scale=alt.Scale(scheme="tableau20"), legend=None),
        alt.Href("url:N"),
        tooltip=_tips(rows, "title", "artist", "ranking_on", "rank", "view_count", "rating_count"),
    )
    lines = base.mark_line(interpolate="monotone").encode(
        opacity=alt.condition(f"{strong} || search == ''", alt.value(0.65), alt.value(0.08)),
        strokeWidth=alt.condition(hover, alt.value(4), alt.value(1.4)),
    )
    points = (
        base.mark_circle(size=28)
        .encode(opacity=alt.condition(f"{strong} || search == ''", alt.value(0.7), alt.value(0.08)))
        .add_params(hover)
    )
    return (lines + points).add_params(search).properties(height=420)


def views(rows: Rows) -> Chart:
    """The factor by which views of the same work grow from one look to the next, by its age at the first."""
    base = _wide(rows).encode(
        alt.X("age_days:Q", scale=alt.Scale(type="symlog"), title="age of the work at the first re-check, days"),
        alt.Color("days_later:O", title="days to the next re-check", legend=alt.Legend(orient="bottom")),
        tooltip=_tips(
            rows, "age_days", "days_later", "works", "mean_factor", "lower_quarter", "median_factor", "upper_quarter"
        ),
    )
    scale = alt.Scale(type="log")
    halves = base.mark_rule(opacity=0.4, strokeWidth=3).encode(
        alt.Y("lower_quarter:Q", scale=scale, title="views at the next re-check, as a multiple"),
        alt.Y2("upper_quarter:Q"),
    )
    return halves + base.mark_line(point=True).encode(alt.Y("median_factor:Q", scale=scale))


def tags(rows: Rows) -> Chart:
    """Rising to the right, falling to the left."""
    return (
        _wide(rows)
        .mark_bar(cornerRadius=2)
        .encode(
            alt.X("change:Q", title="works a day, last week against the week before"),
            alt.Y("tag:N", sort=alt.EncodingSortField("change", order="descending"), title=None),
            alt.Color(
                "direction:N",
                scale=alt.Scale(domain=["rises", "falls"], range=["#1f9e89", "#d1603d"]),
                title=None,
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=_tips(rows, "tag", "works_a_day_before", "works_a_day_now", "change"),
        )
        .transform_calculate(direction="datum.change >= 0 ? 'rises' : 'falls'")
        .properties(height=18 * len(rows))
    )


def artists(rows: Rows) -> Chart:
    """The artists with most entries."""
    for row in rows:
        row["url"], row["artist"] = f"{USER}{row['user_id']}", row["artist"] or str(row["user_id"])
    return (
        _wide(rows)
        .mark_bar(cornerRadius=2, color="#4c78a8")
        .encode(
            alt.X("entries:Q", title="entries"),
            alt.Y("artist:N", sort="-x", title=None),
            alt.Href("url:N"),
            tooltip=_tips(rows, "artist", "user_id", "entries", "works", "best_rank"),
        )
        .properties(height=18 * len(rows))
    )


def hours(rows: Rows) -> Chart:
    """Hour and weekday of publication: how many ranked works, and how high they came."""
    return (
        _wide(rows)
        .mark_rect(cornerRadius=2)
        .encode(
            alt.X("hour_in_japan:O", title="hour in Japan", axis=alt.Axis(labelAngle=0)),
            alt.Y("weekday:O", title=None, axis=alt.Axis(labelExpr=WEEKDAYS)),
            alt.Color(
                "works:Q", title="ranked works", scale=alt.Scale(scheme="goldgreen"), legend=alt.Legend(orient="bottom")
            ),
            tooltip=_tips(rows, "weekday", "hour_in_japan", "works", "mean_best_rank", "works_in_top_10"),
        )
        .properties(height=26 * 7)
    )


def prices(rows: Rows) -> Chart:
    """Chart the number of requests in each class of five thousand yen."""
    return (
        _wide(rows)
        .mark_bar()
        .encode(
            alt.X("from_yen:Q", title="yen", bin=alt.Bin(binned=True, step=5000)),
            alt.X2("to_yen:Q"),
            alt.Y("requests:Q", title="requests", stack=True),
            alt.Color("kind:N", title=None, legend=alt.Legend(orient="bottom")),
            tooltip=_tips(rows, "kind", "from_yen", "to_yen", "requests"),
        )
    )


def turnover(rows: Rows) -> Chart:
    """The share of newcomers, month by month."""
    return (
        _wide(rows)
        .mark_bar(cornerRadius=2, color="#72b7b2")
        .encode(
            alt.X("month:O", title=None),
            alt.Y("percent_new_to_ranking:Q", title="new in the ranking, %", scale=alt.Scale(domain=[0, 100])),
            tooltip=_tips(
                rows,
                "month",
                "days",
                "ranks",
                "entries",
                "new_to_ranking",
                "percent_new_to_ranking",
                "percent_new_to_these_ranks",
            ),
        )
    )


def nights(rows: Rows) -> Chart:
    """A mark a run: when, how many requests, how it ended."""
    return (
        _wide(rows)
        .mark_circle(size=70, opacity=0.8)
        .encode(
            alt.X("started_at:T", title=None),
            alt.Y("request_count:Q", title="requests"),
            alt.Color(
                "outcome:N",
                title=None,
                legend=alt.Legend(orient="bottom"),
                scale=alt.Scale(domain=list(codes.JOB_OUTCOME), range=["#1f9e89", "#e2a72e", "#c9382f"]),
            ),
            tooltip=_tips(rows, "started_at", "job", "outcome", "request_count", "minutes"),
        )
    )


PICTURES = (
    Picture("calendar", "What is archived", calendar, f"No ranking is archived yet: {command('crawl rankings')}"),
    Picture("paths", "Paths through the ranks", paths, "No ranking of this time is archived."),
    Picture("views", "How views grow with age", views, "No work was re-checked in this time."),
    Picture("tags", "Tags that rise and fall", tags, "Two weeks of a daily ranking are needed: fewer are archived."),
    Picture("artists", "Artists", artists, "No ranking of this time is archived."),
    Picture("hours", "When ranked works were published", hours, "No ranking of this time is archived."),
    Picture("turnover", "Newcomers", turnover, "No ranking of this time is archived."),
    Picture("prices", "Prices of commissions", prices, f"No request with a price: {command('crawl commissions')}"),
    Picture("nights", "The nights", nights, f"No job has run: {command('job run nightly')}"),
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


def _wide(rows: Rows) -> Chart:
    """A chart as wide as its place."""
    return alt.Chart(alt.InlineData(values=rows), width="container", height=260)


def _tips(rows: Rows, *names: str) -> list[Any]:
    """Return the tooltips of a mark: numbers with separators, days as dates."""
    return [alt.Tooltip(field=name, title=name.replace("_", " "), **_kind(rows, name)) for name in names]


def _kind(rows: Rows, name: str) -> dict[str, Any]:
    value = next((row[name] for row in rows if row.get(name) is not None), None)
    if name.endswith("_at"):
        return {"type": "temporal", "format": "%Y-%m-%d %H:%M"}
    is_number = isinstance(value, (int, float)) and not name.endswith(("_id", "year", "month"))
    return {"type": "quantitative", "format": ","} if is_number else {"type": "nominal"}
