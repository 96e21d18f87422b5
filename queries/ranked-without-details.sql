-- Which works were ranked, but their own pages were never read?
-- group: health
-- cannot say: whether their pages are still there
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 100000       rows
SELECT e.artwork_id, count(*) AS entries, min(e.rank) AS best_rank
FROM rankings r
JOIN ranking_entries e ON e.ranking_id = r.ranking_id
WHERE r.ranking_on BETWEEN :since AND :until
    AND NOT EXISTS (SELECT 1 FROM artwork_details d WHERE d.artwork_id = e.artwork_id)
GROUP BY e.artwork_id
ORDER BY best_rank, e.artwork_id
LIMIT :most;
