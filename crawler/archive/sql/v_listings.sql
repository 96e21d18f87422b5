-- The entries of every other list as they were seen, with titles and names.
-- seen_at: when the reply came
SELECT l.endpoint, l.params, l.night, l.page, MOMENT(l.listing_id) AS seen_at,
    l.total, e.section, e.position, e.artwork_id, a.title, e.novel_id,
    coalesce(e.user_id, a.user_id) AS user_id, u.name AS user_name, e.request_id,
    e.series_id, e.label, e.url, e.score, e.reasons, e.seeds, e.detail
FROM listing_entries e
JOIN listings l ON l.listing_id = e.listing_id
LEFT JOIN artworks a ON a.artwork_id = e.artwork_id
LEFT JOIN users u ON u.user_id = coalesce(e.user_id, a.user_id)
