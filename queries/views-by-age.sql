-- By what factor do a work's views grow from one count to the next, by its age?
-- group: works over time
-- cannot say: works that were counted once: growth is within works, never between them
-- cannot say: works that were never ranked nor re-checked: those here are the successful ones
-- :since    date = today-365       counts from this day on
-- :until    date = today           counts up to this day
WITH counts AS (
    -- Of the rankings of a day one, for they have the same counts: what was ranked in several is one count.
    SELECT artwork_id, max(age_days) AS age_days, max(view_count) AS view_count
    FROM v_ranking_history
    WHERE ranking_on BETWEEN :since AND :until AND view_count > 0
    GROUP BY artwork_id, day_number
    UNION ALL
    SELECT artwork_id, age_days, view_count
    FROM v_artwork_counts
    WHERE view_count > 0
        AND substr(CAST(observed_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
), pairs AS (
    SELECT artwork_id, lag(age_days) OVER of_work AS age_days, age_days - lag(age_days) OVER of_work AS later_days,
        lag(view_count) OVER of_work AS views_before, view_count
    FROM counts
    WHERE age_days >= 0 AND age_days < 730
    WINDOW of_work AS (PARTITION BY artwork_id ORDER BY age_days, view_count)
), grown AS (
    SELECT artwork_id, 1.0 * view_count / views_before AS factor,
        CASE WHEN age_days < 14 THEN floor(age_days) WHEN age_days < 60 THEN floor(age_days / 7) * 7
            ELSE floor(age_days / 30) * 30 END AS age,
        CASE WHEN later_days < 0.5 THEN 0 WHEN later_days < 14 THEN floor(later_days + 0.5)
            ELSE floor(later_days / 7) * 7 END AS later
    FROM pairs
    WHERE views_before > 0
), placed AS (
    SELECT age, later, artwork_id, factor, row_number() OVER (PARTITION BY age, later ORDER BY factor, artwork_id) AS place,
        count(*) OVER (PARTITION BY age, later) AS counts
    FROM grown
)
SELECT CAST(age AS INTEGER) AS age_days, CAST(later AS INTEGER) AS days_later, max(counts) AS pairs_of_counts,
    count(DISTINCT artwork_id) AS works, round(CAST(avg(factor) AS NUMERIC), 2) AS mean_factor,
    round(CAST(max(CASE WHEN place <= (counts + 3) / 4 THEN factor END) AS NUMERIC), 2) AS lower_quarter,
    round(CAST(max(CASE WHEN place <= (counts + 1) / 2 THEN factor END) AS NUMERIC), 2) AS median_factor,
    round(CAST(max(CASE WHEN place <= (3 * counts + 3) / 4 THEN factor END) AS NUMERIC), 2) AS upper_quarter
FROM placed
WHERE later > 0
GROUP BY age, later
ORDER BY age, later;
-- known: ranked on two days or more of this time {known} of {of} ranked works
-- better: {run} track add artwork ID, or the nightly re-checks
SELECT count(CASE WHEN days > 1 THEN 1 END), count(*)
FROM (SELECT e.artwork_id, count(DISTINCT e.ranking_id >> 9) AS days FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.ranking_on BETWEEN :since AND :until AND e.view_count > 0 GROUP BY e.artwork_id) seen;
