"""Releases made again without what is forgotten, copies removed; reports and backups that may still hold it are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from crawler.archive.database.engine import explain
from crawler.errors import Unusable
from crawler.made_files import Made
from crawler.places import command


def show_made(made: Sequence[Made]) -> None:
    """Print what was made of an archive before: releases would be made again, the others are named."""
    if made:
        print("Made of this archive before (releases are made again, copies removed, the others named):")
        print("\n".join(f"  {one.kind} {one.path}" for one in made))


def clear_made(made: Sequence[Made], url: str, base_url: str) -> int:
    """Make releases again, and name what may still hold what is forgotten; returns the exit status, 1 if a release does."""
    left = [one for one in made if one.kind in ("report", "backup")]
    status = 0
    for one in made:
        if one.kind == "copy":
            Path(one.path).unlink(missing_ok=True)
            print(f"Removed {one.path}: {command('export --copy')} makes it again")
        if one.kind == "release":
            try:
                # Who only archives has no library that writes Parquet.
                from crawler.publish.release.export import export  # noqa: PLC0415

                export(url, base_url, Path(one.path), is_private=one.is_private)
            except (ImportError, SQLAlchemyError, Unusable) as error:
                why = explain(error) if isinstance(error, SQLAlchemyError) else error
                print(f"{one.path}: {why}. To make it again: {command(f'export {one.path}')}")
                left.append(one)
                status = 1
    if left:
        print("These were made before and may still hold it. Remove them, or make them again:")
        print("\n".join(f"  {one.kind} {one.path}" for one in left))
    return status
