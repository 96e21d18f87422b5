"""`./run python -m tests.look ENDPOINT FILE [NAME=VALUE …]`: what a recorded reply would tell the archive."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from crawler.endpoints import ENDPOINTS
from crawler.model.page import Outcome, Reply
from crawler.model.target import Target
from crawler.parse import parse


def main(arguments: list[str]) -> int:
    """Print rows by table, refused rows and undeclared paths; 1 where anything is not as it should."""
    if len(arguments) < 2 or arguments[0] not in ENDPOINTS:
        sys.stderr.write(
            f"usage: ./run python -m tests.look ENDPOINT FILE [NAME=VALUE …]\nendpoints: {', '.join(ENDPOINTS)}\n"
        )
        return 2
    name, file, *given = arguments
    endpoint = ENDPOINTS[name]
    body = Path(file).read_bytes()
    params = dict.fromkeys(endpoint.request.params, "") | dict(part.split("=", 1) for part in given)
    target = Target(name, params)
    page = parse(target, Reply(url=file, status=200, body=body, observed_at=1, digest=1))
    out = sys.stdout.write
    out(f"{page.outcome} {page.message}\nnext page: {page.next_page}\n")
    for table, rows in page.rows.items():
        out(f"\n{table}: {len(rows)} rows, the first:\n")
        out(json.dumps(rows[0], ensure_ascii=False, indent=2, default=str) + "\n")
    undeclared = [sight for sight in page.paths if not sight.is_declared]
    for refused in page.refused:
        out(f"\nREFUSED {refused.table} at {refused.path}: {refused.error}\n  {refused.fragment}\n")
    for sight in undeclared:
        out(f"\nNEITHER STORED NOR IGNORED {sight.path} ({sight.json_type}): {sight.sample}\n")
    is_well = page.outcome is Outcome.COMPLETE and not page.refused and not undeclared
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
