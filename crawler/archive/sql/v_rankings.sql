-- Every ranking, and how deep it is read: all of it, or its first ranks.
-- day_number: the ranking's day, counted from 2007-09-13 as 0
-- depth: the last rank that is stored; NULL: none is
-- pages_read: pages of which no entry was rejected
SELECT r.ranking_id, r.ranking_on, r.ranking_id >> 9 AS day_number, r.mode, r.content, r.rank_total, r.entry_count,
    r.is_complete, r.prev_on, r.next_on,
    (SELECT max(e.rank) FROM ranking_entries e WHERE e.ranking_id = r.ranking_id) AS depth,
    (SELECT count(DISTINCT p.page) FROM ranking_pages p WHERE p.ranking_id = r.ranking_id AND p.rejected_count IS NULL)
        AS pages_read
FROM rankings r
