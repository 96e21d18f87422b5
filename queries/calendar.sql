-- How many days of each month are archived, since the first, and how many of these in full, or as deep as is tracked?
-- group: health
-- cannot say: whether a day without a ranking here has one at the site
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
SELECT r.mode, r.content, substr(CAST(r.ranking_on AS TEXT), 1, 4) AS year, substr(CAST(r.ranking_on AS TEXT), 6, 2) AS month,
    count(*) AS days, sum(CASE WHEN coalesce(r.is_complete, FALSE) OR coalesce(r.pages_read >= t.pages, FALSE)
        THEN 1 ELSE 0 END) AS complete_days, min(r.ranking_on) AS first_on, max(r.ranking_on) AS last_on
FROM v_rankings r
LEFT JOIN tracked t ON t.kind = 'ranking' AND t.name = r.mode || ' ' || r.content
WHERE r.ranking_on BETWEEN :since AND :until
GROUP BY r.mode, r.content, substr(CAST(r.ranking_on AS TEXT), 1, 4), substr(CAST(r.ranking_on AS TEXT), 6, 2)
ORDER BY r.mode, r.content, year, month;
-- known: days
