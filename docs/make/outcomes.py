"""Make docs/reference/outcomes.md from the codes: what each outcome means, and the exit status that goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from crawler.model.run_summary import WORDS
from crawler.tables import codes

FILE = Path(__file__).parents[1] / "reference/outcomes.md"
HEAD = """# Outcomes

Made from `crawler/tables/codes.py` by `./run docs`; do not edit.

| exit status | meaning |
|---|---|
| 0 | everything requested is archived, or named as unavailable |
| 1 | something is still due, was rejected or needs a look: the last line says what helps |
| 2 | it could not begin, and says why; nothing was requested or changed |
| 3 | a worker's session expired |
"""
SOFT = frozenset({"complete", "not_yet", "absent", "forbidden", "needs_session"})
"""Outcomes of pages after which a run ends with 0."""


def render() -> str:
    """Every outcome of a page, a run and a job."""
    pages = [
        f"| `{code}` | {WORDS.get(code, '')} | {meaning} | {0 if code in SOFT else 1} |"
        for code, meaning in codes.OUTCOME.items()
    ]
    return "\n".join(
        (
            HEAD,
            "## Of a page",
            "",
            "In `coverage.outcome` and `captures.outcome`.",
            "",
            "| code | in words | meaning | exit status |",
            "|---|---|---|---|",
            *pages,
            "",
            *_codes("Of a crawl", "In `crawls.outcome`.", codes.CRAWL_OUTCOME),
            *_codes("Of a job", "In `job_runs.outcome`.", codes.JOB_OUTCOME),
            *_codes("Of a session", "In `crawls.session`.", codes.SESSION),
        )
    )


def _codes(title: str, where: str, meanings: Mapping[str, str]) -> list[str]:
    rows = [f"| `{code}` | {meaning} |" for code, meaning in meanings.items()]
    return [f"## {title}", "", where, "", "| code | meaning |", "|---|---|", *rows, ""]
