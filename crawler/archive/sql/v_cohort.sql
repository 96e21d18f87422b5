-- Every id that was drawn by chance: with which probability, whether it is a work, and whether it is there still.
-- probability: with which an id of the day was drawn
-- is_work: its own page was there once; NULL: the site has said neither yet; no: it answered 404, and was never there
-- is_vanished: it was there, and is not now
-- shown_age_days: days from publication to the last look that showed it
-- looked_age_days: days from publication to the newest look that was answered
SELECT c.artwork_id, c.drawn_on, c.first_id, c.last_id, c.draw_count,
    1.0 * c.draw_count / (c.last_id - c.first_id + 1) AS probability,
    CASE WHEN o.shown_moment IS NOT NULL THEN 1 WHEN o.missed_moment IS NOT NULL THEN 0 END AS is_work,
    CASE WHEN o.shown_moment IS NULL THEN NULL WHEN o.missed_moment > o.shown_moment THEN 1 ELSE 0 END AS is_vanished,
    DAYS_SINCE(a.created_at, o.shown_moment) AS shown_age_days,
    DAYS_SINCE(a.created_at, o.answered_moment) AS looked_age_days, a.created_at, a.ai_type, a.x_restrict, a.kind
FROM cohort c
LEFT JOIN v_own_pages o ON o.artwork_id = c.artwork_id
LEFT JOIN artworks a ON a.artwork_id = c.artwork_id
