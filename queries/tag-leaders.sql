-- On how many days did a tag lead a ranking, carried by more of its works than any other, or by as many as another?
-- group: tags
-- cannot say: tags of the day of a ranking that was archived later than two days after: they are those of the day it was archived
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = newest-365      first ranking date
-- :until    date = newest          last ranking date
-- :most     integer = 20           rows
WITH counted AS MATERIALIZED (
    SELECT ranking_id, tag_id, count(*) AS works
    FROM v_ranking_tags
    WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until
    GROUP BY ranking_id, tag_id
), most AS (
    SELECT c.ranking_id, m.works, count(*) AS leaders
    FROM (SELECT ranking_id, max(works) AS works FROM counted GROUP BY ranking_id) m
    JOIN counted c ON c.ranking_id = m.ranking_id AND c.works = m.works
    GROUP BY c.ranking_id, m.works
), led AS (
    SELECT c.tag_id, sum(CASE WHEN m.leaders = 1 THEN 1 ELSE 0 END) AS days_led_alone,
        sum(CASE WHEN m.leaders > 1 THEN 1 ELSE 0 END) AS days_tied, max(c.works) AS most_works, min(c.ranking_id) AS first_id,
        max(c.ranking_id) AS last_id
    FROM most m
    JOIN counted c ON c.ranking_id = m.ranking_id AND c.works = m.works
    GROUP BY c.tag_id
)
SELECT g.name AS tag, l.days_led_alone, l.days_tied, l.most_works, a.ranking_on AS first_on, z.ranking_on AS last_on
FROM led l
JOIN tags g ON g.tag_id = l.tag_id
JOIN rankings a ON a.ranking_id = l.first_id
JOIN rankings z ON z.ranking_id = l.last_id
ORDER BY l.days_led_alone DESC, l.days_tied DESC, g.tag_id
LIMIT :most;
-- known: days
-- known: tags of the day for {known} of {of} entries; the others came with a response of more than two days later (hindsight), or without tags
SELECT sum(CASE WHEN has_tags AND NOT is_hindsight THEN 1 ELSE 0 END), count(*) FROM v_ranking_hindsight
WHERE mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until;
