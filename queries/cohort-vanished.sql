-- What share of all works is gone after a month, and after a year, by the random cohort?
-- group: research
-- cannot say: works that were gone before they were first counted
-- cannot say: the day: between the last re-check that showed it and the first that missed it
-- :since    date = today-1000      first day of the draws
-- :until    date = today           last day of the draws
WITH looked AS (
    SELECT substr(CAST(drawn_on AS TEXT), 1, 7) AS month, is_vanished, shown_age_days, looked_age_days
    FROM v_cohort
    WHERE is_work = 1 AND drawn_on BETWEEN :since AND :until
), counted AS (
    SELECT month, count(*) AS works, 1.0 * sum(CASE WHEN looked_age_days >= 30 THEN 1 ELSE 0 END) AS after_month,
        1.0 * sum(CASE WHEN looked_age_days >= 30 AND is_vanished = 1 AND shown_age_days < 30 THEN 1 ELSE 0 END) AS gone_month,
        1.0 * sum(CASE WHEN looked_age_days >= 365 THEN 1 ELSE 0 END) AS after_year,
        1.0 * sum(CASE WHEN looked_age_days >= 365 AND is_vanished = 1 AND shown_age_days < 365 THEN 1 ELSE 0 END) AS gone
    FROM looked
    GROUP BY month
)
SELECT month, works, CAST(after_month AS INTEGER) AS looked_at_after_30_days, CAST(gone_month AS INTEGER) AS gone_by_then,
    round(CAST(100.0 * gone_month / nullif(after_month, 0) AS NUMERIC), 1) AS percent_gone,
    CAST(after_year AS INTEGER) AS looked_at_after_a_year, CAST(gone AS INTEGER) AS gone_by_a_year,
    round(CAST(100.0 * gone / nullif(after_year, 0) AS NUMERIC), 1) AS percent_gone_after_a_year
FROM counted
ORDER BY month;
-- known: a re-check after 30 days of {known} of {of} works of the cohort
-- better: {run} job run nightly re-checks works when their ages have doubled
SELECT sum(CASE WHEN looked_age_days >= 30 THEN 1 ELSE 0 END), count(*)
FROM v_cohort
WHERE is_work = 1 AND drawn_on BETWEEN :since AND :until;
