-- Every entry of every ranking, with what is known of the work and its author now.
-- age_days: days from publication of the work to the end of the ranking's day in Japan
-- created_on: the work's day of publication in Japan
-- created_hour: the work's hour of publication in Japan, 0 to 23
-- created_weekday: the work's day of publication in Japan, 1 is Monday
SELECT r.ranking_on, r.ranking_id >> 9 AS day_number, r.mode, r.content, e.rank, e.previous_rank, e.artwork_id,
    a.title, a.user_id, u.name AS user_name, a.kind, a.page_count, a.tags,
    a.ai_type, a.x_restrict, a.created_at, ALIGNED(uploaded_at) AS uploaded_at,
    DAY_IN_JAPAN(a.created_at) AS created_on, HOUR_IN_JAPAN(a.created_at) AS created_hour,
    WEEKDAY_IN_JAPAN(a.created_at) AS created_weekday,
    DAYS_SINCE(a.created_at, DAY_END(e.ranking_id)) AS age_days,
    e.rating_count, e.view_count, e.is_masked, e.mask_reason, a.state,
    MOMENT(e.seen_at) AS seen_at
FROM ranking_entries e
JOIN rankings r ON r.ranking_id = e.ranking_id
LEFT JOIN artworks a ON a.artwork_id = e.artwork_id
LEFT JOIN users u ON u.user_id = a.user_id
