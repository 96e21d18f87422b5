-- Every request with the names of creator and fan.
-- creator: the creator's name
-- fan: the fan's name
SELECT r.request_id, r.plan_id, r.creator_user_id, c.name AS creator, r.fan_user_id, f.name AS fan, r.status, r.work_kind,
    r.price, r.is_anonymous, r.is_adult, r.post_work_id, r.post_work_kind, r.collaborator_count,
    MOMENT(r.first_seen_at) AS first_seen_at, MOMENT(r.last_seen_at) AS last_seen_at
FROM commission_requests r
LEFT JOIN users c ON c.user_id = r.creator_user_id
LEFT JOIN users f ON f.user_id = r.fan_user_id
