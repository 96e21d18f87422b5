-- How are the prices of commissioned works spread?
-- group: commissions
-- cannot say: prices that are not shown, and requests that pixiv does not list
-- :since    date = today-365       requests first seen from this day on
-- :until    date = today           requests first seen up to this day
SELECT coalesce(work_kind, 'unknown') AS kind, price / 5000 * 5000 AS from_yen, price / 5000 * 5000 + 4999 AS to_yen,
    count(*) AS requests
FROM v_commission_requests
WHERE price > 0 AND substr(CAST(first_seen_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
GROUP BY coalesce(work_kind, 'unknown'), price / 5000
ORDER BY kind, from_yen;
-- known: the price shown for {known} of {of} requests
-- better: {run} crawl commissions lists more each night
SELECT sum(CASE WHEN price > 0 THEN 1 ELSE 0 END), count(*) FROM commission_requests;
