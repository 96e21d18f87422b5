-- On how many days did a tag lead a ranking, carried by more of its works than any other?
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 20           rows
WITH counted AS (
    SELECT h.ranking_on, t.tag, count(*) AS works
    FROM v_ranking_history h
    JOIN v_artwork_tags t ON t.artwork_id = h.artwork_id
    WHERE h.mode = :mode AND h.content = :content AND h.ranking_on BETWEEN :since AND :until
    GROUP BY h.ranking_on, t.tag
), placed AS (
    SELECT tag, works, ranking_on,
        rank() OVER (PARTITION BY ranking_on ORDER BY works DESC) AS place
    FROM counted
)
SELECT tag, count(*) AS days_led, max(works) AS most_works, min(ranking_on) AS first_on,
    max(ranking_on) AS last_on
FROM placed
WHERE place = 1
GROUP BY tag
ORDER BY days_led DESC, tag
LIMIT :most;
