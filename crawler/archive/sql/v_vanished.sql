-- Works that were shown and are not now: blank in a newer list, or missed on their own page on two nights or more.
-- evidence: withheld (blank in a list), or absent (its own page answered 404 on several nights, and nothing since)
-- since_moment: since_at as nanoseconds since 1970
-- since_at: the last reply that showed it (withheld), or the first that missed it (absent)
SELECT a.artwork_id, a.title, a.user_id, a.kind, a.created_at, a.state, 'withheld' AS evidence,
    MOMENT(h.last_seen_at) AS since_at, h.last_seen_at AS since_moment
FROM artworks a
JOIN artwork_history h ON h.artwork_id = a.artwork_id AND h.field = 'state' AND h.value = 'visible'
WHERE a.state <> 'visible'
UNION ALL
SELECT a.artwork_id, a.title, a.user_id, a.kind, a.created_at, a.state, 'absent', o.missed_first_at, o.missed_moment
FROM v_own_pages o
JOIN artworks a ON a.artwork_id = o.artwork_id AND a.state = 'visible'
WHERE o.missed_nights > 1
