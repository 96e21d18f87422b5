-- Which works were shown once and are withheld or gone now?
-- group: works over time
-- cannot say: works that nobody re-checked: vanished-by-month says how many were
-- :since    date = newest-365      when they were last shown, at the earliest
-- :most     integer = 100          rows
SELECT h.artwork_id, a.title, u.name AS artist, h.present AS state, h.first_seen_at AS shown_from,
    h.last_seen_at AS shown_until,
    (SELECT min(e.rank) FROM ranking_entries e WHERE e.artwork_id = h.artwork_id) AS best_rank
FROM v_artwork_history h
JOIN artworks a ON a.artwork_id = h.artwork_id
LEFT JOIN users u ON u.user_id = a.user_id
WHERE h.field = 'state' AND h.value = 'visible' AND h.present <> 'visible'
    AND h.last_seen_at >= :since
ORDER BY h.last_seen_at DESC, h.artwork_id
LIMIT :most;
-- known: own page answered a day or more after a work was first seen: {known} of {of} works; of the others nobody knows
SELECT (SELECT count(*) FROM v_rechecks), count(*) FROM artworks;
