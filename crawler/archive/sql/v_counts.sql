-- Counts of works over time: from their own pages, lists that show bookmarks, and rankings, which show views.
-- at_moment: when the counts held: for a ranking the end of its day in Japan, else the time of the response, nanoseconds since 1970
-- seen_at: the same as a time
-- user_id: the author
-- view_count: all views since publication of the work; NULL: a list that shows only bookmarks
-- source: page (its own, or a list) or ranking
-- age_days: days from publication of the work to then
SELECT l.artwork_id, a.kind, a.ai_type, a.x_restrict, a.user_id, a.created_at, l.source, l.at_moment,
    MOMENT(l.at_moment) AS seen_at, DAYS_SINCE(a.created_at, l.at_moment) AS age_days,
    l.view_count, l.bookmark_count, l.like_count, l.comment_count
FROM (SELECT artwork_id, 'page' AS source, observed_at AS at_moment, view_count, bookmark_count, like_count, comment_count
    FROM artwork_counts
    UNION ALL
    SELECT DISTINCT artwork_id, 'ranking', DAY_END(ranking_id), view_count,
        CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)
    FROM ranking_entries WHERE view_count IS NOT NULL) l
JOIN artworks a ON a.artwork_id = l.artwork_id
