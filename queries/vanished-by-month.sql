-- How many works have vanished, by the month they were published?
-- group: works over time
-- cannot say: works that nobody re-checked: a ranking or a list shows only what is there, so the share is of re-checks of a work's own page
-- cannot say: works that vanished before they were first seen
-- cannot say: the day: between the last response that shows it and the first that misses it
-- :since    date = today-365      works published from this day on
-- :until    date = today           works published up to this day
SELECT coalesce(substr(CAST(a.created_at AS TEXT), 1, 7), 'unknown') AS month, count(*) AS works,
    count(c.artwork_id) AS rechecked, coalesce(sum(c.is_gone), 0) AS gone_of_these,
    round(100.0 * sum(c.is_gone) / nullif(count(c.artwork_id), 0), 2) AS percent_of_rechecked,
    count(CASE WHEN v.evidence = 'withheld' THEN 1 END) AS withheld_in_lists
FROM artworks a
LEFT JOIN v_rechecks c ON c.artwork_id = a.artwork_id
LEFT JOIN (SELECT artwork_id, min(evidence) AS evidence FROM v_vanished GROUP BY artwork_id) v
    ON v.artwork_id = a.artwork_id
WHERE a.created_at IS NULL
    OR substr(CAST(a.created_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
GROUP BY coalesce(substr(CAST(a.created_at AS TEXT), 1, 7), 'unknown')
ORDER BY month;
-- known: own page answered a day or more after a work was first seen: {known} of {of} works
-- better: {run} crawl artworks -a endpoints=artwork -a illust_id=… re-checks works
SELECT count(c.artwork_id), count(*) FROM artworks a
LEFT JOIN v_rechecks c ON c.artwork_id = a.artwork_id
WHERE a.created_at IS NULL
    OR substr(CAST(a.created_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT);
