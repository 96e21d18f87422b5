-- How do a work's views grow with its age?
-- group: works over time
-- cannot say: works that were never ranked nor looked at: those here are the successful ones
-- :since    date = today-365       looks from this day on
-- :until    date = today           looks up to this day
WITH looks AS (
    -- Of the rankings of a day one, for they have the same counts: what was ranked in several is one look.
    SELECT artwork_id, max(age_days) AS age_days, max(view_count) AS view_count
    FROM v_ranking_history
    WHERE ranking_on BETWEEN :since AND :until AND view_count > 0
    GROUP BY artwork_id, day_number
    UNION ALL
    SELECT artwork_id, age_days, view_count
    FROM v_artwork_counts
    WHERE view_count > 0
        AND substr(CAST(observed_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
), looked AS (
    SELECT CASE WHEN age_days < 2 THEN floor(age_days * 4) * 0.25
            WHEN age_days < 14 THEN floor(age_days) WHEN age_days < 60 THEN floor(age_days / 7) * 7
            ELSE floor(age_days / 30) * 30 END AS age, artwork_id, view_count
    FROM looks
    WHERE age_days >= 0 AND age_days < 730
), placed AS (
    SELECT age, artwork_id, view_count, row_number() OVER (PARTITION BY age ORDER BY view_count, artwork_id) AS place,
        count(*) OVER (PARTITION BY age) AS looks
    FROM looked
)
SELECT CAST(age AS REAL) AS age_days, max(looks) AS looks, count(DISTINCT artwork_id) AS works,
    max(CASE WHEN place <= (looks + 3) / 4 THEN view_count END) AS lower_quarter,
    max(CASE WHEN place <= (looks + 1) / 2 THEN view_count END) AS median_views,
    max(CASE WHEN place <= (3 * looks + 3) / 4 THEN view_count END) AS upper_quarter
FROM placed
GROUP BY age
ORDER BY age_days;
-- known: ranked in this time {known} of {of} works of the archive
-- better: {run} track add artwork ID, or the nightly's looks
SELECT (SELECT count(DISTINCT e.artwork_id) FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.ranking_on BETWEEN :since AND :until AND e.view_count > 0), count(*)
FROM artworks;
