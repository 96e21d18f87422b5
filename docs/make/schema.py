"""Make jobs/job.schema.json, by which editors complete and underline job files."""

import json
from pathlib import Path

from crawler.jobs.model import Job

FILE = Path(__file__).resolve().parents[2] / "jobs/job.schema.json"


def render() -> str:
    """The JSON schema of a job file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Job.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
