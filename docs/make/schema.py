"""Make the JSON schemas of job files, for editors, and of `status --json`, for who reads it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import TypeAdapter

from crawler.archive.status import Status
from crawler.jobs.model import Job

ROOT = Path(__file__).resolve().parents[2]


def _page(file: str, model: Any, mode: Any) -> SimpleNamespace:
    def render() -> str:
        about = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        schema = about | TypeAdapter(model).json_schema(mode=mode)
        return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"

    return SimpleNamespace(FILE=ROOT / file, render=render)


JOBS = _page("jobs/job.schema.json", Job, "validation")
STATUS = _page("docs/reference/status.schema.json", Status, "serialization")
