-- What share of the works posted with a tag is made with AI, day by day?
-- group: research
-- cannot say: works whose author does not say so
-- cannot say: it takes ai_type=1 as leaving AI works out, as two clients document; one says the reverse, and nobody has tested it
-- :tag      text                    the tag
-- :since    date = today-365       first day of publication
-- :until    date = today           last day of publication
WITH newest AS (
    SELECT v.*, row_number() OVER (PARTITION BY tag, mode, type, day, coalesce(ai_type, '') ORDER BY seen_moment DESC) AS place
    FROM v_tag_volume v
    WHERE tag = :tag AND is_certain = 1 AND day BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
)
SELECT a.day, a.mode, a.type, a.total AS works, a.total - w.total AS works_with_ai,
    round(100.0 * (a.total - w.total) / nullif(a.total, 0), 1) AS percent
FROM newest a
JOIN newest w ON w.day = a.day AND w.mode = a.mode AND w.type = a.type AND w.ai_type = '1' AND w.place = 1
WHERE a.ai_type IS NULL AND a.place = 1
ORDER BY a.day, a.mode, a.type;
-- known: both totals, certain ones, for {known} of {of} days of this tag
-- better: {run} track add volume TAG; the nightly searches with ai_type and without
SELECT count(DISTINCT CASE WHEN parts = 2 THEN day END), count(DISTINCT day)
FROM (
    SELECT day, mode, type, count(DISTINCT CASE WHEN is_certain = 1 THEN coalesce(ai_type, '') END) AS parts
    FROM v_tag_volume
    WHERE tag = :tag AND (ai_type IS NULL OR ai_type = '1') AND day BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
    GROUP BY day, mode, type
) d;
