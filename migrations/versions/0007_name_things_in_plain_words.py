"""name things in plain words."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ENTITIES = (
    "artwork_details",
    "artwork_pages",
    "artwork_tag_authors",
    "artworks",
    "comments",
    "commission_plan_translations",
    "commission_plans",
    "commission_request_collaborators",
    "commission_request_translations",
    "commission_requests",
    "notifications",
    "novel_series",
    "novels",
    "rankings",
    "series",
    "series_works",
    "tag_details",
    "tag_translations",
    "ugoira",
    "ugoira_frames",
    "user_details",
    "user_works",
    "users",
)
COMMENTS = (
    (
        "artwork_details",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "artwork_pages",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "artwork_tag_authors",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    ("artwork_tags", "position", "from 0, as at the last sight", "from 0, as last seen"),
    ("artworks", "tags_seen_at", "when the tags were last told", "when the tags were last seen"),
    (
        "artworks",
        "created_at",
        "first publication; its own page and rankings may tell it to the minute",
        "first publication; its own page and rankings may give it to the minute",
    ),
    ("artworks", "updated_at", "last change told by lists", "last change, from lists"),
    (
        "artworks",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    ("bookmarks", "bookmark_id", "told of the session's own account alone", "sent for the session's own account alone"),
    (
        "bookmarks",
        "rest",
        "show: in public, hide: not, as at the last sight",
        "show: in public, hide: not, as last seen",
    ),
    (
        "comments",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "commission_plan_translations",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "commission_plans",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "commission_request_collaborators",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    ("commission_request_tags", "position", "from 0, as at the last sight", "from 0, as last seen"),
    (
        "commission_request_translations",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    ("commission_requests", "price", "yen; 0: not told", "yen; 0: not shown"),
    (
        "commission_requests",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    ("coverage", "night", "JST date; empty: told once for ever", "JST date; empty: valid for ever"),
    ("drift", "sample", "of an undeclared path, at its last sight", "of an undeclared path, as last seen"),
    (
        "follows",
        "rest",
        "show: in public, hide: not, as at the last sight; null: not told",
        "show: in public, hide: not, as last seen; null: unknown",
    ),
    ("listing_entries", "detail", "the whole element, JSON", "the element as it came, JSON"),
    (
        "member_sets",
        "params",
        "of a list with pages, as in coverage; empty: one reply tells the set",
        "of a list with pages, as in coverage; empty: one reply lists the set",
    ),
    (
        "notifications",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "novel_series",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    ("novel_tags", "position", "from 0, as at the last sight", "from 0, as last seen"),
    (
        "novels",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    ("ranking_pages", "rank_total", "as this page tells it", "as this page says"),
    ("ranking_pages", "prev_on", "as this page tells it", "as this page says"),
    ("ranking_pages", "next_on", "as this page tells it", "as this page says"),
    (
        "ranking_pages",
        "entries_at",
        "the seen_at of its entries: an earlier one where a reply told the same of the page",
        "the seen_at of its entries: an earlier one where a reply contained the same for the page",
    ),
    (
        "rankings",
        "prev_on",
        "null with `prev_on` in told: the site says that there is none before",
        "null with `prev_on` in group_times: the site says that there is none before",
    ),
    (
        "rankings",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "series",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "series_works",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    ("tag_children", "position", "from 0, as at the last sight", "from 0, as last seen"),
    (
        "tag_details",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    ("tag_stories", "position", "from 0, as at the last sight", "from 0, as last seen"),
    (
        "tag_translations",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "ugoira",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "ugoira_frames",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "user_details",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "user_works",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
    (
        "users",
        "group_times",
        "when groups were told, where not at last_seen_at (JSON)",
        "when groups were set, where not at last_seen_at (JSON)",
    ),
)
"""Table, column, its comment before and after."""


def rename(table, before, after):
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {before} TO {after}")


def rename_group(table, before, after):
    # A moment under a name that nobody knows would be taken for the newest.
    op.execute(
        f"UPDATE {table} SET group_times = replace(group_times, '\"{before}\"', '\"{after}\"')"
        f" WHERE group_times LIKE '%\"{before}\"%'"
    )


def remark(table, column, comment):
    if op.get_bind().dialect.name == "postgresql":
        text = comment.replace("'", "''")
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{text}'")


def upgrade() -> None:
    for table in ENTITIES:
        rename(table, "told", "group_times")
    rename("member_sets", "whole_at", "complete_at")
    rename_group("comments", "gone", "deleted_user")
    for table, column, _, after in COMMENTS:
        remark(table, column, after)


def downgrade() -> None:
    for table, column, before, _ in COMMENTS:
        remark(table, column, before)
    rename_group("comments", "deleted_user", "gone")
    for table in ENTITIES:
        rename(table, "group_times", "told")
    rename("member_sets", "complete_at", "whole_at")
