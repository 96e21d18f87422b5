-- The tags of every entry of a ranking: as they were then, where a reply within two days of it lists them, else today's.
-- is_hindsight: no reply within two days of the ranking's publication lists the work's tags: these are today's
SELECT e.ranking_on, e.day_number, e.mode, e.content, e.ranking_id, e.rank, e.artwork_id, t.tag_id, g.name AS tag,
    e.is_hindsight
FROM (SELECT r.ranking_on, r.ranking_id >> 9 AS day_number, r.mode, r.content, e.ranking_id, e.rank, e.artwork_id,
        NOT EXISTS (SELECT 1 FROM artwork_tags w
            WHERE w.artwork_id = e.artwork_id AND w.first_seen_at <= PUBLISHED(e.ranking_id) + 172800000000000
                AND w.last_seen_at >= PUBLISHED(e.ranking_id) - 172800000000000) AS is_hindsight
    FROM ranking_entries e JOIN rankings r ON r.ranking_id = e.ranking_id) e
JOIN artworks a ON a.artwork_id = e.artwork_id
JOIN artwork_tags t ON t.artwork_id = e.artwork_id
    AND ((t.first_seen_at <= PUBLISHED(e.ranking_id) + 172800000000000
            AND t.last_seen_at >= PUBLISHED(e.ranking_id) - 172800000000000)
        OR (e.is_hindsight AND t.last_seen_at >= a.tags_seen_at))
JOIN tags g ON g.tag_id = t.tag_id
