-- What stands in a list, as last seen?
-- group: feeds
-- cannot say: what the list showed between two replies
-- :endpoint text = follow_latest    which list
-- :since    date = today-365      seen from this day on
-- :until    date = today           seen up to this day
-- :most     integer = 100           rows
WITH newest AS (
    SELECT params, max(night) AS night FROM listings WHERE endpoint = :endpoint GROUP BY params
)
SELECT l.params, l.section, l.page, l.position, l.artwork_id, l.title, l.user_id, l.user_name, l.label, l.score
FROM newest n
JOIN v_listings l ON l.endpoint = :endpoint AND l.params = n.params AND l.night = n.night
WHERE substr(CAST(l.seen_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
ORDER BY l.params, l.section, l.page, l.position
LIMIT :most;
