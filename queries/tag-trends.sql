-- Which tags rise and which fall, the last seven days against the seven before?
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
), charted AS (
    SELECT e.artwork_id,
        sum(CASE WHEN (e.ranking_id >> 9) <= d.last_day - 7 THEN 1 ELSE 0 END) AS early_days,
        sum(CASE WHEN (e.ranking_id >> 9) > d.last_day - 7 THEN 1 ELSE 0 END) AS late_days
    FROM days d
    JOIN rankings r ON (r.ranking_id >> 9) BETWEEN d.last_day - 13 AND d.last_day
    JOIN ranking_entries e ON e.ranking_id = r.ranking_id
    WHERE r.mode = :mode AND r.content = :content
    GROUP BY e.artwork_id
), counted AS (
    SELECT t.tag_id, 1.0 * sum(c.early_days) / max(d.early) AS was,
        1.0 * sum(c.late_days) / max(d.late) AS is_now
    FROM charted c
    CROSS JOIN days d
    JOIN artworks a ON a.artwork_id = c.artwork_id
    JOIN artwork_tags t ON t.artwork_id = a.artwork_id AND t.last_seen_at >= a.tags_seen_at
    GROUP BY t.tag_id
)
SELECT g.name AS tag, round(c.was, 1) AS works_a_day_before, round(c.is_now, 1) AS works_a_day_now,
    round(c.is_now - c.was, 1) AS change
FROM counted c
JOIN tags g ON g.tag_id = c.tag_id
WHERE c.was IS NOT NULL AND c.is_now IS NOT NULL  -- both weeks are there
ORDER BY abs(c.is_now - c.was) DESC, g.name
LIMIT :most;
