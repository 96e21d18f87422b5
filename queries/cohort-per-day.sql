-- How many works does a day have, by the random cohort?
-- group: research
-- cannot say: works that were removed, or made private, before the draw was looked at: a day or two
-- cannot say: works between the last archived one of a day and midnight; R-18 where no session sees them
-- :since    date = today-365       first day
-- :until    date = today           last day
WITH days AS (
    SELECT drawn_on, max(last_id - first_id + 1) AS ids, count(*) AS drawn, count(is_work) AS looked_at,
        1.0 * sum(is_work) AS works
    FROM v_cohort
    WHERE drawn_on BETWEEN :since AND :until
    GROUP BY drawn_on
), shares AS (
    -- Wilson's interval of 99%: it holds for few draws, and for shares near none and all.
    SELECT d.*, (works / looked_at + 3.3174 / looked_at) / (1 + 6.6349 / looked_at) AS centre,
        2.5758 * sqrt(works / looked_at * (1 - works / looked_at) / looked_at + 1.6587 / (1.0 * looked_at * looked_at))
            / (1 + 6.6349 / looked_at) AS half
    FROM days d
    WHERE looked_at > 0
)
SELECT drawn_on, ids, drawn, looked_at, CAST(works AS INTEGER) AS works_drawn,
    CAST(round(ids * works / looked_at) AS INTEGER) AS works_estimated,
    CAST(floor(ids * (centre - half)) AS INTEGER) AS at_least, CAST(ceil(ids * (centre + half)) AS INTEGER) AS at_most
FROM shares
ORDER BY drawn_on;
-- known: whether it is a work known for {known} of {of} drawn ids
-- better: {run} job run nightly re-checks them
SELECT count(is_work), count(*) FROM v_cohort WHERE drawn_on BETWEEN :since AND :until;
