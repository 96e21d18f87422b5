-- Which plans changed their price, from what to what?
-- group: commissions
-- cannot say: changes before a plan was first seen, or between two counts that came back
-- :since    date = today-365      changes seen from this day on
-- :until    date = today           changes seen up to this day
-- :most     integer = 100           rows
SELECT h.plan_id, p.creator_user_id, u.name AS creator, p.title, h.value AS was_yen, h.present AS is_now_yen,
    h.first_seen_at AS was_seen_from, h.last_seen_at AS was_seen_until
FROM v_commission_plan_history h
JOIN commission_plans p ON p.plan_id = h.plan_id
LEFT JOIN users u ON u.user_id = p.creator_user_id
WHERE h.field = 'standard_price' AND h.value <> h.present AND substr(CAST(h.last_seen_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
ORDER BY h.last_seen_at DESC, h.plan_id
LIMIT :most;
-- known: seen again, a day or more later, {known} of {of} plans
-- better: {run} job run weekly reads commission pages again
SELECT sum(CASE WHEN last_seen_at / 1000000000 - first_seen_at / 1000000000 >= 86400 THEN 1 ELSE 0 END), count(*) FROM commission_plans;
