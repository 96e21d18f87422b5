-- Works that were shown and are not now: their own page is not there, or they are blank in a newer list.
-- evidence: not_found (its own page answers 404), or withheld (blank in a list)
-- since_moment: since_at as nanoseconds since 1970
-- since_at: the last reply that showed it
SELECT a.artwork_id, a.title, a.user_id, a.kind, a.created_at, a.state,
    CASE a.state WHEN 'not_found' THEN 'not_found' ELSE 'withheld' END AS evidence,
    MOMENT(h.last_seen_at) AS since_at, h.last_seen_at AS since_moment
FROM artworks a
JOIN artwork_history h ON h.artwork_id = a.artwork_id AND h.field = 'state' AND h.value = 'visible'
WHERE a.state <> 'visible'
