-- On how many days did a tag lead a ranking, carried by more of its works than any other?
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 20           rows
WITH charted AS (
    SELECT r.ranking_id, e.artwork_id
    FROM rankings r
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content AND r.ranking_on BETWEEN :since AND :until
), counted AS MATERIALIZED (
    -- By the tags that the works have now, as v_artwork_tags.
    SELECT c.ranking_id, t.tag_id, count(*) AS works
    FROM charted c
    JOIN artworks a ON a.artwork_id = c.artwork_id
    JOIN artwork_tags t ON t.artwork_id = c.artwork_id AND t.last_seen_at >= a.tags_seen_at
    GROUP BY c.ranking_id, t.tag_id
), most AS (
    SELECT ranking_id, max(works) AS works FROM counted GROUP BY ranking_id
), led AS (
    SELECT c.tag_id, count(*) AS days_led, max(c.works) AS most_works, min(c.ranking_id) AS first_id,
        max(c.ranking_id) AS last_id
    FROM most m
    JOIN counted c ON c.ranking_id = m.ranking_id AND c.works = m.works
    GROUP BY c.tag_id
)
SELECT g.name AS tag, l.days_led, l.most_works, a.ranking_on AS first_on, z.ranking_on AS last_on
FROM led l
JOIN tags g ON g.tag_id = l.tag_id
JOIN rankings a ON a.ranking_id = l.first_id
JOIN rankings z ON z.ranking_id = l.last_id
ORDER BY l.days_led DESC, g.name
LIMIT :most;
