-- How long until a request is delivered, after it was first seen in progress?
-- group: commissions
-- cannot say: when a request was made or accepted: no reply says it, so a duration begins when it was first seen in progress
-- cannot say: requests that were never seen in progress
-- :since    date = today-365      delivered from this day on
-- :until    date = today           delivered up to this day
-- :most     integer = 100           rows
SELECT d.request_id, d.creator_user_id, u.name AS creator, d.work_kind, d.price, d.in_progress_from, d.delivered_at,
    round(CAST(d.days_at_least AS NUMERIC), 1) AS days_at_least
FROM v_request_deliveries d
LEFT JOIN users u ON u.user_id = d.creator_user_id
WHERE substr(CAST(d.delivered_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
    AND d.days_at_least >= 0
ORDER BY d.delivered_at DESC, d.request_id
LIMIT :most;
-- known: seen in progress, and the work archived, of {known} of {of} requests that have a work
-- better: {run} crawl commissions each night sees more of them in progress
SELECT count(d.request_id), count(*) FROM commission_requests r
LEFT JOIN (SELECT DISTINCT request_id FROM v_request_deliveries WHERE days_at_least >= 0) d ON d.request_id = r.request_id
WHERE r.post_work_id IS NOT NULL;
