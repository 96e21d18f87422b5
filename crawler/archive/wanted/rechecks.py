"""Find works that are due for a re-check: new entries of the top ranks, tracked works, the random sample."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, Date, bindparam, text

from crawler.archive.views import written_out
from crawler.clock import SITE_BEGAN
from crawler.evidence.recheck_policy import Recheck, most_overdue

TOP = 50
"""The ranks whose newcomers are followed."""
WITHIN = 400
"""Days: of a ranking that is older, as of nineteen years brought in at once, newcomers are not followed."""
A_DAY = 86_400

FOLLOWED = """
WITH followed AS (
    SELECT e.artwork_id
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.content = 'all' AND r.ranking_on >= :since AND e.rank <= :top AND e.previous_rank IS NULL
    UNION SELECT thing_id FROM tracked WHERE kind = 'artwork'
    UNION SELECT a.artwork_id FROM tracked t JOIN artworks a ON a.user_id = t.thing_id WHERE t.kind = 'user'
    UNION SELECT w.artwork_id
    FROM tracked t
    JOIN tags g ON g.name = t.name
    JOIN artwork_tags w ON w.tag_id = g.tag_id
    WHERE t.kind = 'tag'
    UNION SELECT artwork_id FROM cohort
)
SELECT f.artwork_id, a.created_at, h.drawn_on, o.answered_moment, o.failed_moment,
    (SELECT max(c.observed_at) FROM artwork_counts c WHERE c.artwork_id = f.artwork_id AND c.view_count IS NOT NULL),
    (SELECT max(DAY_END(e.ranking_id)) FROM ranking_entries e WHERE e.artwork_id = f.artwork_id),
    CASE WHEN a.created_at IS NULL THEN
        (SELECT b.created_at FROM artworks b
         WHERE b.artwork_id < f.artwork_id AND b.created_at IS NOT NULL ORDER BY b.artwork_id DESC LIMIT 1)
    END
FROM followed f
LEFT JOIN artworks a ON a.artwork_id = f.artwork_id
LEFT JOIN cohort h ON h.artwork_id = f.artwork_id
LEFT JOIN v_own_pages o ON o.artwork_id = f.artwork_id
"""


def due(connection: Connection, at: datetime) -> list[Recheck]:
    """The works that are due at a time, the most overdue first."""
    return most_overdue(followed(connection, at))


def followed(connection: Connection, at: datetime) -> list[Recheck]:
    """Return every followed work with its age now and at its last re-check: a 404 is one, a failed request is none."""
    statement = text(written_out(FOLLOWED, connection.dialect.name)).bindparams(bindparam("since", type_=Date))
    given = {"since": (at - timedelta(days=WITHIN)).date(), "top": TOP}
    found = []
    for artwork_id, created, drawn_on, answered, failed, counted, ranked, older in connection.execute(statement, given):
        # Ids grow with time: a work of which nothing is known is about as old as the one before it.
        born = _time(created) or _time(drawn_on) or _time(older) or SITE_BEGAN.timestamp()
        moments = [moment / 1e9 for moment in (answered, counted, ranked) if moment is not None]
        last = max(moments, default=None)
        found.append(
            Recheck(
                artwork_id,
                max(0.0, (at.timestamp() - born) / A_DAY),
                None if last is None else max(0.0, (last - born) / A_DAY),
                None if failed is None or failed < (answered or 0) else (at.timestamp() - failed / 1e9) / A_DAY,
            )
        )
    return found


def _time(value: datetime | date | str | None) -> float | None:
    """A time or day of either database, in seconds since 1970."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime.combine(value, datetime.min.time())
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
