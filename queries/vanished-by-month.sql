-- How many works have vanished, by the month they were published?
-- group: works over time
-- cannot say: works that vanished before they were first seen; those that nobody looked at again are in no share
-- cannot say: the day: between the last reply that shows it and the first that misses it
-- :since    date = today-365      works published from this day on
-- :until    date = today           works published up to this day
WITH vanished AS (
    SELECT artwork_id, min(evidence) AS evidence FROM v_vanished GROUP BY artwork_id
)
SELECT coalesce(substr(CAST(a.created_at AS TEXT), 1, 7), 'unknown') AS month, count(*) AS works,
    sum(CASE WHEN a.last_seen_at - a.first_seen_at > 86400000000000 OR v.artwork_id IS NOT NULL THEN 1 ELSE 0 END)
        AS works_seen_again,
    count(v.artwork_id) AS vanished,
    round(100.0 * count(v.artwork_id) / nullif(sum(CASE WHEN a.last_seen_at - a.first_seen_at > 86400000000000
        OR v.artwork_id IS NOT NULL THEN 1 ELSE 0 END), 0), 2) AS percent_of_seen_again,
    sum(CASE WHEN v.evidence = 'withheld' THEN 1 ELSE 0 END) AS withheld,
    sum(CASE WHEN v.evidence = 'not_found' THEN 1 ELSE 0 END) AS not_found
FROM artworks a
LEFT JOIN vanished v ON v.artwork_id = a.artwork_id
WHERE a.created_at IS NULL
    OR substr(CAST(a.created_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
GROUP BY coalesce(substr(CAST(a.created_at AS TEXT), 1, 7), 'unknown')
ORDER BY month;
-- known: seen again, a day or more later, {known} of {of} works
-- better: {run} crawl artworks -a endpoints=artwork -a illust_id=… looks at works again
SELECT sum(CASE WHEN last_seen_at - first_seen_at > 86400000000000 THEN 1 ELSE 0 END), count(*) FROM artworks
WHERE created_at IS NULL
    OR substr(CAST(created_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT);
