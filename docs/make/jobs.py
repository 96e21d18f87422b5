"""Make docs/reference/jobs.md from the model of job files and the jobs that come with the project."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel

from crawler.jobs.model import Job, Step

FILE = Path(__file__).parents[1] / "reference/jobs.md"
FOLDER = FILE.parents[2] / "jobs"
HEAD = """# Jobs

Made from `crawler/jobs/model.py` and `jobs/` by `./run docs`; do not edit.

A job is a TOML file in `jobs/`, or anywhere: `./run job run FILE`. `./run job plan NAME` shows what it would request. `-a NAME=VALUE` changes an argument of
its steps for one run. [job.schema.json](../../jobs/job.schema.json) lets an editor check it.
"""


def render() -> str:
    """The keys of a job and of its steps, and the jobs that are there."""
    jobs = [(file.stem, tomllib.loads(file.read_text(encoding="utf-8"))) for file in sorted(FOLDER.glob("*.toml"))]
    shown = [
        f"| [{name}](../../jobs/{name}.toml) | {job.get('description', '')} | `{job['when']}` |"
        if "when" in job
        else f"| [{name}](../../jobs/{name}.toml) | {job.get('description', '')} | by hand |"
        for name, job in jobs
    ]
    table = ["| job | what it does | when (Japan) |", "|---|---|---|", *shown]
    return "\n".join(
        (
            HEAD,
            *table,
            "",
            "## Keys of a job",
            "",
            *_keys(Job),
            "",
            "## Keys of a `[[step]]`",
            "",
            *_keys(Step),
            "",
            END,
        )
    )


END = """Every other key of a step is an argument of its spider. Values may be texts, numbers or lists; `today-7` is a day, `@FILE` holds
values, one a line, and `?QUERY` takes them from the first column of a query.
"""


def _keys(model: type[BaseModel]) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        if name == "arguments":
            continue
        default = "must be given" if field.is_required() else f"`{field.default}`" if field.default else ""
        rows.append(f"| `{field.alias or name}` | {default} | {field.description or 'the family of endpoints'} |")
    return ["| key | default | meaning |", "|---|---|---|", *rows]
