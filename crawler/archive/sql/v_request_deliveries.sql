-- Requests that were seen in progress, and the work that came of each.
-- in_progress_from: when it was first seen in progress
-- in_progress_until: when it was last seen so
-- delivered_at: when the work was published; NULL: it is not archived, or there is none yet
-- days_at_least: days from when it was first seen in progress to publication of the work; it was accepted before
SELECT r.request_id, r.creator_user_id, r.work_kind, r.price, r.status, r.post_work_id,
    MOMENT(p.since) AS in_progress_from, MOMENT(p.until) AS in_progress_until, a.created_at AS delivered_at,
    -(DAYS_SINCE(a.created_at, p.since)) AS days_at_least
FROM (SELECT request_id, first_seen_at AS since, last_seen_at AS until FROM commission_request_history
    WHERE field = 'status' AND value = 'inProgress'
    UNION ALL
    SELECT request_id, first_seen_at, last_seen_at FROM commission_requests WHERE status = 'inProgress') p
JOIN commission_requests r ON r.request_id = p.request_id
LEFT JOIN artworks a ON a.artwork_id = r.post_work_id AND r.post_work_kind <> 'novel'
