-- What changed of a work: which values did it have, and which has it now?
-- group: works over time
-- cannot say: changes between two replies; what was before the first
-- :artwork_id  integer                the work
-- :since       date = newest-365      values seen since then
SELECT field, value AS was, first_seen_at, last_seen_at, present AS is_now
FROM v_artwork_history
WHERE artwork_id = :artwork_id AND last_seen_at >= :since
ORDER BY last_seen_at, field;
