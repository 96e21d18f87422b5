-- On how many days did a tag lead a ranking, carried by more of its works than any other?
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 20           rows
WITH charted AS (
    SELECT r.ranking_on, e.artwork_id
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
), tagged AS (
    -- The tags that the works have now, as v_artwork_tags, each work's looked up once.
    SELECT t.artwork_id, t.tag_id
    FROM (SELECT DISTINCT artwork_id FROM charted) c
    JOIN artworks a ON a.artwork_id = c.artwork_id
    JOIN artwork_tags t ON t.artwork_id = a.artwork_id AND t.last_seen_at >= a.tags_seen_at
), counted AS (
    SELECT c.ranking_on, t.tag_id, count(*) AS works
    FROM charted c
    JOIN tagged t ON t.artwork_id = c.artwork_id
    GROUP BY c.ranking_on, t.tag_id
), placed AS (
    SELECT tag_id, works, ranking_on,
        rank() OVER (PARTITION BY ranking_on ORDER BY works DESC) AS place
    FROM counted
), led AS (
    SELECT tag_id, count(*) AS days_led, max(works) AS most_works, min(ranking_on) AS first_on,
        max(ranking_on) AS last_on
    FROM placed
    WHERE place = 1
    GROUP BY tag_id
)
SELECT g.name AS tag, l.days_led, l.most_works, l.first_on, l.last_on
FROM led l
JOIN tags g ON g.tag_id = l.tag_id
ORDER BY l.days_led DESC, g.name
LIMIT :most;
