-- Which rankings are begun and not complete?
SELECT mode, content, ranking_on, entry_count, rank_total
FROM rankings
WHERE NOT coalesce(is_complete, FALSE)
ORDER BY mode, content, ranking_on;
