-- Do a work's views of the first days predict those of the hundredth?
-- group: research
-- cannot say: works that were not counted near the hundredth day; those that are were ranked or followed
-- :since    date = today-1000      works published from this day on
-- :until    date = today           works published up to this day
WITH pairs AS (
    SELECT l.artwork_id, ln(min(CASE WHEN l.age_days < 2.5 THEN l.view_count END)) AS early,
        ln(max(CASE WHEN l.age_days BETWEEN 70 AND 130 THEN l.view_count END)) AS late
    FROM v_counts l
    WHERE l.view_count > 0 AND substr(CAST(l.created_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
    GROUP BY l.artwork_id
), complete AS (
    SELECT early, late FROM pairs WHERE early IS NOT NULL AND late IS NOT NULL
), sums AS (
    SELECT count(*) AS n, avg(early) AS mean_early, avg(late) AS mean_late, avg(early * early) AS early_early,
        avg(late * late) AS late_late, avg(early * late) AS early_late
    FROM complete
)
SELECT n AS works, round(CAST((early_late - mean_early * mean_late)
        / nullif(sqrt((early_early - mean_early * mean_early) * (late_late - mean_late * mean_late)), 0) AS NUMERIC), 3)
        AS correlation_of_logs,
    round(CAST(exp(mean_late - mean_early) AS NUMERIC), 2) AS median_like_growth
FROM sums
WHERE n > 2;
-- known: views near both days of {known} of {of} works that were counted early
-- better: the nightly re-checks reach the hundredth day a hundred days from now
SELECT sum(CASE WHEN late = 1 THEN 1 ELSE 0 END), count(*)
FROM (SELECT artwork_id, max(CASE WHEN age_days BETWEEN 70 AND 130 THEN 1 ELSE 0 END) AS late FROM v_counts
    WHERE view_count > 0 GROUP BY artwork_id HAVING min(age_days) < 2.5) l;
