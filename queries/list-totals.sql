-- How many works does the site say a list or search has, over time?
-- group: feeds
-- cannot say: how many there are: pixiv's own total, which a throttled search tells as 0
-- :endpoint text = search_artworks  which list
-- :since    date = today-365      seen from this day on
-- :until    date = today           seen up to this day
SELECT params, first_seen_at AS seen_at, total, pages, is_complete
FROM v_lists
WHERE endpoint = :endpoint AND substr(CAST(first_seen_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
ORDER BY params, first_seen_at;
