"""Views: times for people and the common joins. Made anew after every upgrade, in no revision."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from crawler.items.artworks import Artwork
from crawler.items.row import Field


def moment(column: str, dialect: str) -> str:
    """SQL that shows an observation moment as a UTC time."""
    if dialect == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%S', {column} / 1000000000, 'unixepoch')"
    return f"to_timestamp({column} / 1000000000)"


def definitions(dialect: str) -> dict[str, str]:
    """The SELECT of each view."""
    columns = Artwork.__table__.columns
    present = " ".join(
        f"WHEN '{column.name}' THEN CAST(a.{column.name} AS TEXT)"
        for column in columns
        if isinstance(known := column.info.get("field"), Field) and known.history
    )
    return {
        "v_ranking_history": f"""
            SELECT r.ranking_on, r.ranking_id >> 9 AS day_number, r.mode, r.content, e.rank, e.previous_rank, e.artwork_id,
                a.title, a.user_id, u.name AS user_name, a.kind, a.page_count, a.tags,
                a.ai_type, a.x_restrict, a.created_at, a.uploaded_at,
                e.rating_count, e.view_count, e.is_masked, e.mask_reason, a.state,
                {moment("e.seen_at", dialect)} AS seen_at
            FROM ranking_entries e
            JOIN rankings r ON r.ranking_id = e.ranking_id
            LEFT JOIN artworks a ON a.artwork_id = e.artwork_id
            LEFT JOIN users u ON u.user_id = a.user_id""",
        # What a work's fields were, beside what they are.
        "v_artwork_history": f"""
            SELECT h.artwork_id, h.field, h.value,
                {moment("h.first_seen_at", dialect)} AS first_seen_at,
                {moment("h.last_seen_at", dialect)} AS last_seen_at,
                CASE h.field {present} END AS present
            FROM artwork_history h
            JOIN artworks a ON a.artwork_id = h.artwork_id""",
        "v_artwork_tags": """
            SELECT t.artwork_id, t.position, g.name AS tag, t.tag_id
            FROM artwork_tags t
            JOIN artworks a ON a.artwork_id = t.artwork_id AND a.tags_seen_at <= t.last_seen_at
            JOIN tags g ON g.tag_id = t.tag_id""",
        "v_artwork_counts": f"""
            SELECT c.artwork_id, a.title, a.user_id, {moment("c.observed_at", dialect)} AS observed_at,
                c.bookmark_count, c.like_count, c.view_count, c.comment_count, c.response_count
            FROM artwork_counts c LEFT JOIN artworks a ON a.artwork_id = c.artwork_id""",
        "v_listings": f"""
            SELECT l.endpoint, l.params, l.night, l.page, {moment("l.listing_id", dialect)} AS seen_at,
                l.total, e.section, e.position, e.artwork_id, a.title, e.novel_id,
                coalesce(e.user_id, a.user_id) AS user_id, u.name AS user_name, e.request_id,
                e.series_id, e.label, e.url, e.score, e.reasons, e.seeds, e.detail
            FROM listing_entries e
            JOIN listings l ON l.listing_id = e.listing_id
            LEFT JOIN artworks a ON a.artwork_id = e.artwork_id
            LEFT JOIN users u ON u.user_id = coalesce(e.user_id, a.user_id)""",
        # A list as a whole: its pages of one night. Complete where its last page is there.
        "v_lists": f"""
            SELECT endpoint, params, night, count(DISTINCT page) AS pages, max(total) AS total,
                max(CASE WHEN is_last THEN 1 ELSE 0 END) = 1 AS is_complete,
                {moment("min(listing_id)", dialect)} AS first_seen_at,
                {moment("max(listing_id)", dialect)} AS last_seen_at
            FROM listings GROUP BY endpoint, params, night""",
        "v_coverage": f"""
            SELECT endpoint, params, night, page, outcome, message, next_page,
                {moment("completed_at", dialect)} AS completed_at,
                {moment("last_at", dialect)} AS last_at
            FROM coverage""",
        # By ranking date where there is one: archives are often filled backwards. null is no type of
        # its own, and what is null at the end has not ended.
        "v_drift": f"""
            SELECT endpoint, path, json_type,
                CASE WHEN NOT is_declared THEN 'undeclared'
                    WHEN has_begun THEN 'began' ELSE 'ended' END AS what,
                first_on, last_on,
                {moment("first_seen_at", dialect)} AS first_seen_at,
                {moment("last_seen_at", dialect)} AS last_seen_at, sample
            FROM (SELECT d.*,
                CASE WHEN first_on IS NULL
                    THEN first_seen_at > min(first_seen_at) OVER of_endpoint
                    ELSE first_on > min(first_on) OVER of_endpoint END AS has_begun,
                CASE WHEN last_on IS NULL
                    THEN last_seen_at < max(last_seen_at) OVER of_endpoint
                        AND coalesce(max(CASE WHEN json_type = 'null' THEN last_seen_at END)
                            OVER of_path < max(last_seen_at) OVER of_endpoint, TRUE)
                    ELSE last_on < max(last_on) OVER of_endpoint
                        AND coalesce(max(CASE WHEN json_type = 'null' THEN last_on END)
                            OVER of_path < max(last_on) OVER of_endpoint, TRUE) END AS has_ended
                FROM drift d WINDOW of_endpoint AS (PARTITION BY endpoint),
                    of_path AS (PARTITION BY endpoint, path)) AS census
            WHERE NOT is_declared OR (json_type <> 'null' AND (has_begun OR has_ended))""",
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
