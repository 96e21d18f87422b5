"""Views: times for people and the common joins. Made anew after every upgrade, in no revision."""

from __future__ import annotations

from sqlalchemy import Connection, inspect


def moment(column: str, dialect: str) -> str:
    """SQL that shows an observation moment as a UTC time."""
    if dialect == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%S', {column} / 1000000000, 'unixepoch')"
    return f"to_timestamp({column} / 1000000000)"


def definitions(dialect: str) -> dict[str, str]:
    """The SELECT of each view."""
    return {
        "v_ranking_history": f"""
            SELECT r.ranking_on, r.mode, r.content, e.rank, e.previous_rank, e.artwork_id,
                a.title, a.user_id, u.name AS user_name, a.kind, a.page_count, a.tags,
                a.ai_type, a.x_restrict, a.created_at, a.uploaded_at,
                e.rating_count, e.view_count, e.is_masked, e.mask_reason, a.state,
                {moment("e.seen_at", dialect)} AS seen_at
            FROM ranking_entries e
            JOIN rankings r ON r.ranking_id = e.ranking_id
            LEFT JOIN artworks a ON a.artwork_id = e.artwork_id
            LEFT JOIN users u ON u.user_id = a.user_id""",
        "v_artwork_tags": """
            SELECT t.artwork_id, t.position, g.name AS tag, t.tag_id
            FROM artwork_tags t
            JOIN artworks a ON a.artwork_id = t.artwork_id AND a.tags_seen_at <= t.last_seen_at
            JOIN tags g ON g.tag_id = t.tag_id""",
        "v_coverage": f"""
            SELECT endpoint, params, night, page, outcome, message, next_page,
                {moment("completed_at", dialect)} AS completed_at,
                {moment("last_at", dialect)} AS last_at
            FROM coverage""",
        "v_drift": f"""
            SELECT endpoint, path, json_type, is_declared, first_on, last_on,
                {moment("first_seen_at", dialect)} AS first_seen_at,
                {moment("last_seen_at", dialect)} AS last_seen_at, sample
            FROM drift d
            WHERE NOT is_declared
                OR first_seen_at > (SELECT min(e.first_seen_at) FROM drift e
                    WHERE e.endpoint = d.endpoint)
                OR first_on > (SELECT min(e.first_on) FROM drift e
                    WHERE e.endpoint = d.endpoint)""",
    }


def drop_views(connection: Connection) -> None:
    """Drop the archive's views, those of older versions too."""
    for name in inspect(connection).get_view_names():
        if name.startswith("v_"):
            connection.exec_driver_sql(f"DROP VIEW {name}")


def create_views(connection: Connection) -> None:
    """Create the views, where there are tables to show."""
    if inspect(connection).has_table("ranking_entries"):
        for name, select in definitions(connection.dialect.name).items():
            connection.exec_driver_sql(f"CREATE VIEW {name} AS {select}")
