-- Every entry of every ranking, and whether its tags are known as they were then: by a reply within two days of it.
-- is_hindsight: no reply within two days of the ranking's publication lists the work's tags: what is known is today's
SELECT r.ranking_on, r.ranking_id >> 9 AS day_number, r.mode, r.content, e.ranking_id, e.rank, e.artwork_id,
    NOT EXISTS (SELECT 1 FROM artwork_tags w
        WHERE w.artwork_id = e.artwork_id AND w.first_seen_at <= PUBLISHED(e.ranking_id) + 172800000000000
            AND w.last_seen_at >= PUBLISHED(e.ranking_id) - 172800000000000) AS is_hindsight
FROM ranking_entries e JOIN rankings r ON r.ranking_id = e.ranking_id
