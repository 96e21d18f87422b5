-- What do commissioned works cost, by kind?
-- group: commissions
-- cannot say: what was delivered: the kind is what was requested
-- cannot say: prices that are not shown (0), and requests that pixiv does not list: the lists show recent and finished ones
-- :since    date = 2007-09-13      requests first seen from this day on
-- :until    date = today           requests first seen up to this day
WITH priced AS (
    SELECT coalesce(work_kind, 'unknown') AS kind, price,
        row_number() OVER (PARTITION BY coalesce(work_kind, 'unknown') ORDER BY price) AS place,
        count(*) OVER (PARTITION BY coalesce(work_kind, 'unknown')) AS requests
    FROM v_commission_requests
    WHERE price > 0 AND substr(CAST(first_seen_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
)
SELECT kind, max(requests) AS requests, min(price) AS least_yen,
    max(CASE WHEN place = (requests + 1) / 2 THEN price END) AS median_yen,
    CAST(round(avg(price)) AS INTEGER) AS mean_yen, max(price) AS most_yen
FROM priced
GROUP BY kind
ORDER BY kind;
-- known: the price shown for {known} of {of} requests
-- better: {run} crawl commissions lists more each night
SELECT sum(CASE WHEN price > 0 THEN 1 ELSE 0 END), count(*) FROM commission_requests;
