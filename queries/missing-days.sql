-- Which rankings are missing between archived ones, and which are begun and not complete?
-- group: health
-- cannot say: whether a day that nobody requested has a ranking
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH held AS (
    SELECT mode, content, ranking_on, is_complete, entry_count, rank_total,
        lead(ranking_on) OVER days AS following_on,
        lead(prev_on) OVER days AS passed_over_to,
        lead(ranking_id >> 9) OVER days - (ranking_id >> 9) - 1 AS between_them
    FROM rankings
    WINDOW days AS (PARTITION BY mode, content ORDER BY ranking_on)
)
SELECT mode, content, 'missing after' AS what, ranking_on, following_on AS until_before,
    between_them AS days, CAST(NULL AS INTEGER) AS entries, CAST(NULL AS INTEGER) AS ranks
FROM held
-- Where the later one names the earlier as the day before it, there was no ranking between them.
WHERE between_them > 0 AND following_on >= :since AND ranking_on <= :until
    AND (passed_over_to IS NULL OR passed_over_to <> ranking_on)
UNION ALL
SELECT mode, content, 'begun', ranking_on, NULL, 1, entry_count, rank_total
FROM held
WHERE NOT coalesce(is_complete, FALSE) AND ranking_on BETWEEN :since AND :until
ORDER BY mode, content, ranking_on, what;
