-- Every entry of every ranking, with what is known of the work and its author.
-- r.ranking_id >> 9: days since 2007-09-13, for counting days alike on both databases.
SELECT r.ranking_on, r.ranking_id >> 9 AS day_number, r.mode, r.content, e.rank, e.previous_rank, e.artwork_id,
    a.title, a.user_id, u.name AS user_name, a.kind, a.page_count, a.tags,
    a.ai_type, a.x_restrict, a.created_at, ALIGNED(uploaded_at) AS uploaded_at,
    e.rating_count, e.view_count, e.is_masked, e.mask_reason, a.state,
    MOMENT(e.seen_at) AS seen_at
FROM ranking_entries e
JOIN rankings r ON r.ranking_id = e.ranking_id
LEFT JOIN artworks a ON a.artwork_id = e.artwork_id
LEFT JOIN users u ON u.user_id = a.user_id
