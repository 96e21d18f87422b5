-- Which tags rise and which fall, the last seven days against the seven before?
-- group: tags
-- cannot say: tags of the day of a ranking that was archived later than two days after: they are those of the day it was archived
-- cannot say: whether a tag is posted more: rankings show what was ranked
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :until    date = newest          last ranking date
-- :most     integer = 20           rows
WITH span AS (
    SELECT max(ranking_id >> 9) AS last_day
    FROM rankings
    WHERE mode = :mode AND content = :content AND ranking_on <= :until
), days AS (
    -- Works a day, so that a week of which days are missing compares.
    SELECT s.last_day,
        nullif(sum(CASE WHEN (r.ranking_id >> 9) > s.last_day - 7 THEN 1 ELSE 0 END), 0) AS late,
        nullif(sum(CASE WHEN (r.ranking_id >> 9) <= s.last_day - 7 THEN 1 ELSE 0 END), 0) AS early
    FROM span s
    JOIN rankings r ON (r.ranking_id >> 9) BETWEEN s.last_day - 13 AND s.last_day
    WHERE r.mode = :mode AND r.content = :content
    GROUP BY s.last_day
), counted AS (
    SELECT t.tag_id,
        1.0 * sum(CASE WHEN t.day_number <= d.last_day - 7 THEN 1 ELSE 0 END) / max(d.early) AS was,
        1.0 * sum(CASE WHEN t.day_number > d.last_day - 7 THEN 1 ELSE 0 END) / max(d.late) AS is_now
    FROM days d
    JOIN v_ranking_tags t ON t.day_number BETWEEN d.last_day - 13 AND d.last_day
    WHERE t.mode = :mode AND t.content = :content
    GROUP BY t.tag_id
)
SELECT g.name AS tag, round(c.was, 1) AS works_a_day_before, round(c.is_now, 1) AS works_a_day_now,
    round(c.is_now - c.was, 1) AS change
FROM counted c
JOIN tags g ON g.tag_id = c.tag_id
WHERE c.was IS NOT NULL AND c.is_now IS NOT NULL  -- both weeks are there
ORDER BY round(abs(c.is_now - c.was), 6) DESC, g.tag_id
LIMIT :most;
-- known: tags of the day for {known} of {of} entries; the others came with a response of more than two days later (hindsight), or without tags
SELECT sum(CASE WHEN has_tags AND NOT is_hindsight THEN 1 ELSE 0 END), count(*) FROM v_ranking_hindsight
WHERE mode = :mode AND content = :content AND ranking_on <= :until
    AND day_number > (SELECT max(ranking_id >> 9) FROM rankings
        WHERE mode = :mode AND content = :content AND ranking_on <= :until) - 14;
