-- Every entry of every ranking, and whether the response that it came with lists its tags, in time or too late.
-- has_tags: the response lists tags of the work
-- is_hindsight: it lists them, and came more than two days after the ranking was published: they may be of later
SELECT r.ranking_on, r.ranking_id >> 9 AS day_number, r.mode, r.content, e.ranking_id, e.rank, e.artwork_id,
    e.has_tags, e.has_tags AND e.is_late AS is_hindsight
FROM (SELECT n.ranking_id, n.rank, n.artwork_id, SPAN(PUBLISHED(n.ranking_id), n.seen_at) > 172800 AS is_late,
        n.mask_reason IS NULL AND EXISTS (SELECT 1 FROM artwork_tags w WHERE w.artwork_id = n.artwork_id
            AND w.first_seen_at <= n.seen_at AND w.last_seen_at >= n.seen_at) AS has_tags
    FROM ranking_entries n) e
JOIN rankings r ON r.ranking_id = e.ranking_id
