"""The report's page: one file that needs nothing else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import vl_convert

from crawler.archive import columnar
from crawler.archive.database.engine import at_one_moment
from crawler.archive.queries import check_days
from crawler.cells import CsvWriter
from crawler.errors import BadArgument
from crawler.files import complete_file, private_folder
from crawler.places import command
from crawler.publish.report.charts import PICTURES, Picture, specifications
from crawler.publish.report.facts import Facts, Found, Rows, Wish, gather

TEMPLATE = Path(__file__).with_name("page.html")
NUMBERS = {"rankings": "rankings", "entries": "entries", "works": "ranked works", "artists": "ranked artists"}
MOST_CHANGES = 40
MOST_ROWS = 100
"""Rows that stand in a table behind a picture; its CSV has all."""
LIMIT, BETTER = "cannot tell you", "to improve: "


def render(facts: Facts, specs: Mapping[str, Any]) -> str:
    """The page as HTML."""
    modes = ", ".join(facts.modes) or "no ranking yet"
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title="The archive in pictures",
        subtitle=escape(f"{facts.wish.since} to {facts.wish.until}: {modes}"),
        numbers="".join(
            f"<div><b>{facts.sizes.get(name, 0):,}</b><span class='soft'>{label}</span></div>"
            for name, label in NUMBERS.items()
        ),
        sections="\n".join([*(_section(picture, facts) for picture in PICTURES), _changes(facts)]),
        bundle=vl_convert.javascript_bundle(),  # type: ignore[call-arg]  # its stub has no default
        data=_script({picture.answer: _csv(facts.answers.get(picture.answer)) for picture in PICTURES}),
        specs=_script(specs),
    )


def _csv(answer: Found | None) -> str:
    """The rows behind a picture as CSV, the names of their columns first."""
    out = io.StringIO(newline="")
    writer = CsvWriter(csv.writer(out))
    if answer and answer.rows:
        writer.writerow(answer.rows[0])
        writer.writerows(row.values() for row in answer.rows)
    return out.getvalue()


def _script(value: Any) -> str:
    """Return a value as JSON that ends no script and begins no comment, whatever titles hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _section(picture: Picture, facts: Facts) -> str:
    answer = facts.answers.get(picture.answer) or Found("", [])
    if not answer.rows:
        return f'<section><h2>{escape(picture.heading)}</h2><p class="nothing">{escape(picture.nothing)}</p></section>'
    name = picture.answer
    head = f"<h2 id='h-{name}'>{escape(picture.claim(answer.rows))}</h2><p class='soft'>{escape(_about(facts, answer))}</p>"
    shown = f'<div class="picture" id="picture-{name}" role="img" aria-labelledby="h-{name}"></div>'
    given = " ".join(f"--param {key}={value}" for key, value in answer.given.items())
    source = (
        f"<p class='soft source'>Source: the archive, <code>{escape(command(f'sql {name} {given}'))}</code>"
        f" · <a href='#' data-csv='{name}'>CSV</a></p>"
    )
    more = f" of {len(answer.rows):,}" if len(answer.rows) > MOST_ROWS else ""
    table = f"<details><summary>The numbers{f' (the first {MOST_ROWS}{more})' if more else ''}</summary>{_table(answer.rows[:MOST_ROWS])}</details>"
    return f"<section>{head}{shown}{_notes(answer)}{table}{source}</section>"


def _about(facts: Facts, answer: Found) -> str:
    """The question, and of how much the answer is: mode, ranks, days and period; or what is known of it."""
    given = answer.given
    until = given.get("until", facts.wish.until)
    since = given.get("since", "" if given else facts.wish.since)
    period = f"{since} to {until}" if since else f"up to {until}"
    mode = f"{given['mode']}, " if "mode" in given else ""
    size = _size(answer).partition(f"; {BETTER}")[0]
    about = size if until in size else f"{mode}{period}{'; ' if size else ''}{size}"
    return f"{answer.question} ({about})"


def _size(answer: Found) -> str:
    """The note that says of how much an answer is: it stands above the picture. "": there is none."""
    return next((line for line in answer.notes if not line.startswith(LIMIT)), "")


def _notes(answer: Found) -> str:
    size = _size(answer)
    _, _, better = size.partition(BETTER)
    lines = [*([BETTER + better] if better else []), *(line for line in answer.notes if line != size)]
    return f"<ul class='notes'>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def _changes(facts: Facts) -> str:
    """Return changes of pixiv and rejected rows, as tables."""
    parts = []
    for name, title, none in (
        ("changed-replies", "What pixiv changed in its responses", "Nothing that was noticed."),
        ("refused-rows", "Rejected rows", "None: every row of every response is stored."),
    ):
        rows = facts.answers[name].rows
        shown = _table(rows[:MOST_CHANGES]) if rows else f'<p class="nothing">{none}</p>'
        more = f"<p class='soft'>… and {len(rows) - MOST_CHANGES} more</p>" if len(rows) > MOST_CHANGES else ""
        parts.append(f"<section><h2>{title}</h2>{shown}{more}</section>")
    return "\n".join(parts)


def _table(rows: Rows) -> str:
    def cells(tag: str, values: Iterable[Any]) -> str:
        return "".join(f"<{tag}>{escape('' if value is None else str(value))}</{tag}>" for value in values)

    body = "".join(f"<tr>{cells('td', row.values())}</tr>" for row in rows)
    return f"<div class='scroll'><table><tr>{cells('th', rows[0])}</tr>{body}</table></div>"


def write(url: str, file: Path, wish: Wish, copy: Path | None = None) -> int:
    """Write the report, complete or not at all; returns the exit status. copy: of the archive. Raises Unusable."""
    # One moment for all queries: a crawl may be writing, and pictures would not fit their numbers.
    with columnar.asked(url, copy) as (engine, _), at_one_moment(engine) as connection:
        since, until = check_days(connection, wish.since, wish.until)
        if since > until:
            raise BadArgument(f"{since} to {until}: the first day is after the last")
        facts = gather(connection, Wish(since, until, wish.modes))
    if missing := [mode for mode in wish.modes if mode not in facts.modes]:
        raise BadArgument(f"no {', '.join(missing)} is archived; archived: {', '.join(facts.modes) or 'nothing yet'}")
    page = render(facts, specifications(facts))
    try:
        private_folder(file.parent)
        with complete_file(file, is_public=True) as beside:
            beside.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BadArgument(f"{file}: {error.strerror or error}") from None
    print(f"OK: {file} ({file.stat().st_size / 1e6:.1f} MB, {facts.wish.since} to {until}); open it in a browser")
    return 0
