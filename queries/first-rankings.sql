-- How long until an artist is first ranked, from the first work?
-- group: artists
-- cannot say: artists of whom not all works are known: their first known work would be the ranked one; the line below says how many they are
-- cannot say: when somebody joined: no reply says it
-- cannot say: rankings before the first archived one
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 50           rows
WITH firsts AS (
    SELECT a.user_id, min(r.ranking_id >> 9) AS first_day, min(r.ranking_on) AS first_ranked_on
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    JOIN artworks a ON a.artwork_id = e.artwork_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until AND a.user_id IS NOT NULL
    GROUP BY a.user_id
)
SELECT f.user_id, u.name AS artist, min(w.created_on) AS first_work_on, f.first_ranked_on,
    max(f.first_day) - min(w.created_day_number) AS days, count(*) AS known_works
FROM firsts f
JOIN artworks a ON a.user_id = f.user_id
JOIN v_artworks w ON w.artwork_id = a.artwork_id
LEFT JOIN users u ON u.user_id = f.user_id
WHERE EXISTS (SELECT 1 FROM user_works k WHERE k.user_id = f.user_id)
GROUP BY f.user_id, u.name, f.first_ranked_on
ORDER BY f.first_ranked_on DESC, f.user_id
LIMIT :most;
-- known: days
-- known: all works known of {known} of {of} ranked artists
-- better: {run} crawl users -a endpoints=user_profile_all,user_illusts -a user_id=…
SELECT count(k.user_id), count(*)
FROM (SELECT DISTINCT a.user_id FROM rankings r JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    JOIN artworks a ON a.artwork_id = e.artwork_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until AND a.user_id IS NOT NULL) c
LEFT JOIN user_works k ON k.user_id = c.user_id;
