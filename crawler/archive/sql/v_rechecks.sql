-- Every work whose own page was answered a day or more after the work was first seen: what such a re-check showed.
-- first_seen_seconds: when it was first seen, seconds since 1970
-- rechecked_after_days: days from then to the newest answer of its own page
-- is_gone: its own page was there or known, and answers 404 now
SELECT a.artwork_id, a.created_at, a.state, a.first_seen_at / 1000000000 AS first_seen_seconds,
    SPAN(a.first_seen_at, o.answered_moment) / 86400 AS rechecked_after_days,
    CASE WHEN o.missed_moment >= coalesce(o.shown_moment, 0) THEN 1 ELSE 0 END AS is_gone
FROM artworks a
JOIN v_own_pages o ON o.artwork_id = a.artwork_id
WHERE SPAN(a.first_seen_at, o.answered_moment) >= 86400
