"""list no usual null: the series of a work is null in nearly every reply that contains it."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

GROUP = "series"
NEVER = 0
"""Listed of a group that no reply has contained."""
ROWS_AT_A_TIME = 10_000


def listed_now(times, is_null, last):
    """What `group_times` lists of the group, of what it listed: None for nothing."""
    if times is None:
        return NEVER if is_null else None
    return None if times == last else times


def listed_before(times, is_null, last):
    """The way back."""
    if times == NEVER:
        return None
    return last if times is None and is_null else times


def rewrite(listed):
    connection = op.get_bind()
    after = -1
    while True:
        found = connection.execute(
            sa.text(
                "SELECT artwork_id, series_id IS NULL AND series_order IS NULL, last_seen_at, group_times"
                " FROM artworks WHERE artwork_id > :after ORDER BY artwork_id LIMIT :most"
            ),
            {"after": after, "most": ROWS_AT_A_TIME},
        ).all()
        if not found:
            return
        after = found[-1][0]
        changed = []
        for key, is_null, last, text in found:
            times = json.loads(text) if text else {}
            at = times.pop("at", {})
            moment = listed(at.pop(GROUP, None), is_null, last)
            if moment is not None:
                at[GROUP] = moment
            times = {"at": at, **times} if at else times
            new = json.dumps(times, sort_keys=True, separators=(",", ":")) if times else None
            if new != text:
                changed.append({"key": key, "times": new})
        if changed:
            connection.execute(sa.text("UPDATE artworks SET group_times = :times WHERE artwork_id = :key"), changed)


def upgrade() -> None:
    rewrite(listed_now)


def downgrade() -> None:
    rewrite(listed_before)
