-- How many works did an artist publish, month by month?
-- group: artists
-- cannot say: works that were removed before the archive saw them; without the list of all works it is those that were ranked or listed
-- :user_id  integer                the artist
-- :since    date = 2007-09-13      works published from this day on
-- :until    date = today           works published up to this day
SELECT coalesce(substr(CAST(w.created_on AS TEXT), 1, 7), 'unknown') AS month, count(*) AS works,
    sum(CASE WHEN a.kind = 'manga' THEN 1 ELSE 0 END) AS manga, CAST(sum(a.page_count) AS INTEGER) AS pages
FROM artworks a
JOIN v_artworks w ON w.artwork_id = a.artwork_id
WHERE a.user_id = :user_id AND (w.created_on BETWEEN :since AND :until OR w.created_on IS NULL)
GROUP BY coalesce(substr(CAST(w.created_on AS TEXT), 1, 7), 'unknown')
ORDER BY month;
-- known: the list of all works archived for {known} of {of} artists
-- better: {run} crawl users -a endpoints=user_profile_all,user_illusts -a user_id=…
SELECT count(k.user_id), count(*) FROM users u LEFT JOIN user_works k ON k.user_id = u.user_id WHERE u.user_id = :user_id;
