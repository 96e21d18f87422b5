-- How long do works stay in a ranking, by mode?
-- group: rankings
-- cannot say: stays that begin before the period or last beyond it are cut at its ends: with few days the mean is too small
-- cannot say: days that are not archived look like gaps
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH runs AS (
    SELECT r.mode, e.artwork_id, count(*) AS days, max(r.ranking_id >> 9) - min(r.ranking_id >> 9) + 1 AS span
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.content = :content AND r.ranking_on BETWEEN :since AND :until
    GROUP BY r.mode, e.artwork_id
), held AS (
    SELECT mode, count(*) AS rankings
    FROM rankings
    WHERE content = :content AND ranking_on BETWEEN :since AND :until
    GROUP BY mode
)
SELECT s.mode, max(h.rankings) AS archived_days, count(*) AS works, round(avg(s.days), 2) AS mean_days,
    max(s.days) AS most_days,
    round(100.0 * sum(CASE WHEN s.days = 1 THEN 1 ELSE 0 END) / count(*), 1) AS one_day_percent,
    round(100.0 * sum(CASE WHEN s.days = 2 THEN 1 ELSE 0 END) / count(*), 1) AS two_days_percent,
    round(100.0 * sum(CASE WHEN s.days > 7 THEN 1 ELSE 0 END) / count(*), 1) AS over_a_week_percent,
    sum(CASE WHEN s.span > s.days THEN 1 ELSE 0 END) AS works_with_gaps
FROM runs s
JOIN held h ON h.mode = s.mode
GROUP BY s.mode
ORDER BY s.mode;
-- known: days
