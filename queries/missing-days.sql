-- Which rankings are missing between archived ones, and which are partial, or not as deep as is tracked?
-- group: health
-- cannot say: whether a day that nobody requested has a ranking
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH held AS (
    SELECT r.mode, r.content, r.ranking_on, r.entry_count, r.rank_total, coalesce(r.is_complete, FALSE) OR coalesce(r.pages_read >= t.pages, FALSE) AS is_enough,
        lead(r.ranking_on) OVER days AS following_on,
        lead(r.prev_on) OVER days AS passed_over_to,
        lead(r.day_number) OVER days - r.day_number - 1 AS between_them
    FROM v_rankings r
    LEFT JOIN tracked t ON t.kind = 'ranking' AND t.name = r.mode || ' ' || r.content
    WINDOW days AS (PARTITION BY r.mode, r.content ORDER BY r.ranking_on)
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
WHERE NOT is_enough AND ranking_on BETWEEN :since AND :until
ORDER BY mode, content, ranking_on, what;
