-- How long do works stay in a ranking, by mode?
-- group: rankings
-- cannot say: stays exactly: an entry that says it was ranked the day before counts as one day more, also where that day or rank is not archived; how long before, and how long after, nobody knows
-- cannot say: stays that begin before the period or last beyond it
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
WITH read AS (
    SELECT ranking_id, mode, CASE WHEN is_complete THEN 0 ELSE depth END AS depth
    FROM v_rankings
    WHERE content = :content AND ranking_on BETWEEN :since AND :until
), seen AS (
    SELECT r.mode, e.artwork_id, count(*) AS days, max(r.ranking_id >> 9) - min(r.ranking_id >> 9) + 1 AS span
    FROM read r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    GROUP BY r.mode, e.artwork_id
), unseen AS (
    -- Ranked the day before, in a ranking or at a rank that is not here. Apart, because DuckDB would look up each entry of all.
    SELECT r.mode, e.artwork_id, count(*) AS days
    FROM read r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE e.previous_rank IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ranking_entries p
        WHERE p.artwork_id = e.artwork_id AND p.ranking_id = e.ranking_id - 512)
    GROUP BY r.mode, e.artwork_id
), runs AS (
    SELECT s.mode, s.days, s.span, coalesce(u.days, 0) AS days_before
    FROM seen s
    LEFT JOIN unseen u ON u.mode = s.mode AND u.artwork_id = s.artwork_id
), held AS (
    SELECT mode, count(*) AS rankings, min(depth) AS least, max(depth) AS most
    FROM read
    GROUP BY mode
)
SELECT s.mode, max(CASE WHEN h.least <> h.most THEN 'mixed' WHEN h.most = 0 THEN 'all' ELSE '1-' || CAST(h.most AS TEXT) END) AS ranks,
    max(h.rankings) AS archived_days, count(*) AS works, round(avg(s.days), 2) AS mean_days_seen,
    round(avg(s.days + s.days_before), 2) AS mean_days_at_least,
    round(100.0 * sum(CASE WHEN s.days + s.days_before = 1 THEN 1 ELSE 0 END) / count(*), 1) AS one_day_percent_at_most,
    round(100.0 * sum(CASE WHEN s.days + s.days_before > 7 THEN 1 ELSE 0 END) / count(*), 1) AS over_a_week_percent_at_least,
    max(s.days) AS most_days_seen, sum(CASE WHEN s.span > s.days THEN 1 ELSE 0 END) AS works_with_gaps
FROM runs s
JOIN held h ON h.mode = s.mode
GROUP BY s.mode
ORDER BY s.mode;
-- known: days
