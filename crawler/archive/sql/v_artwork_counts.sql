-- The public counters of works over time, as their own pages and some lists show them. Rankings: v_counts.
-- age_days: days from publication of the work to the look
SELECT c.artwork_id, a.title, a.user_id, a.kind, a.ai_type, a.created_at, MOMENT(c.observed_at) AS observed_at,
    DAYS_SINCE(a.created_at, c.observed_at) AS age_days,
    c.bookmark_count, c.like_count, c.view_count, c.comment_count, c.response_count
FROM artwork_counts c LEFT JOIN artworks a ON a.artwork_id = c.artwork_id
