-- How many days of each month are archived, since the first?
-- group: health
-- cannot say: whether a day without a ranking here has one at the site
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
SELECT mode, content, substr(CAST(ranking_on AS TEXT), 1, 4) AS year, substr(CAST(ranking_on AS TEXT), 6, 2) AS month,
    count(*) AS days, sum(CASE WHEN is_complete THEN 1 ELSE 0 END) AS complete_days, min(ranking_on) AS first_on,
    max(ranking_on) AS last_on
FROM rankings
WHERE ranking_on BETWEEN :since AND :until
GROUP BY mode, content, substr(CAST(ranking_on AS TEXT), 1, 4), substr(CAST(ranking_on AS TEXT), 6, 2)
ORDER BY mode, content, year, month;
-- known: days
