-- The tags of every entry of a ranking, as the response lists them that the entry came with; none where that has none.
-- is_hindsight: the response came more than two days after the ranking was published: the tags may be of later
SELECT r.ranking_on, r.ranking_id >> 9 AS day_number, r.mode, r.content, e.ranking_id, e.rank, e.artwork_id, t.tag_id, g.name AS tag,
    SPAN(PUBLISHED(e.ranking_id), e.seen_at) > 172800 AS is_hindsight
FROM ranking_entries e
JOIN rankings r ON r.ranking_id = e.ranking_id
JOIN artwork_tags t ON t.artwork_id = e.artwork_id AND t.first_seen_at <= e.seen_at AND t.last_seen_at >= e.seen_at
JOIN tags g ON g.tag_id = t.tag_id
WHERE e.mask_reason IS NULL
