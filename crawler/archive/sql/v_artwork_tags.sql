-- The tags that a work has now.
SELECT t.artwork_id, t.position, g.name AS tag, t.tag_id, MOMENT(t.first_seen_at) AS first_seen_at,
    MOMENT(t.last_seen_at) AS last_seen_at
FROM artwork_tags t
JOIN artworks a ON a.artwork_id = t.artwork_id AND a.tags_seen_at <= t.last_seen_at
JOIN tags g ON g.tag_id = t.tag_id
