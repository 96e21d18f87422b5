"""`./run upgrade`: the archive's migrations."""

from __future__ import annotations

from crawler.archive.database.engine import create, revision_of, revisions, upgrade_archive
from crawler.errors import ArchiveError
from crawler.places import command


def upgrade(url: str) -> int:
    """Bring an archive to the newest revision. Raises ArchiveError."""
    engine = create(url, is_new=False)
    try:
        before, head = revision_of(engine), revisions()[-1]
        if before == head:
            print(f"OK: at {head}, the newest")
            return 0
        if before is None or before not in revisions():
            raise ArchiveError(f"at {before or 'no revision'}, which this version does not know")
        print(f"from {before} to {head} …", flush=True)
        upgrade_archive(engine)
    finally:
        engine.dispose()
    print(f"OK: at {head}, the newest. After a change of how responses are read: {command('replay --rebuild')}")
    return 0
