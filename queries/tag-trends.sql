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
), counted AS (
    SELECT t.tag,
        1.0 * sum(CASE WHEN h.day_number <= d.last_day - 7 THEN 1 ELSE 0 END) / max(d.early) AS was,
        1.0 * sum(CASE WHEN h.day_number > d.last_day - 7 THEN 1 ELSE 0 END) / max(d.late) AS is_now
    FROM days d
    JOIN v_ranking_history h ON h.day_number BETWEEN d.last_day - 13 AND d.last_day
    JOIN v_artwork_tags t ON t.artwork_id = h.artwork_id
    WHERE h.mode = :mode AND h.content = :content
    GROUP BY t.tag
)
SELECT tag, round(was, 1) AS works_a_day_before, round(is_now, 1) AS works_a_day_now,
    round(is_now - was, 1) AS change
FROM counted
WHERE was IS NOT NULL AND is_now IS NOT NULL  -- both weeks are there
ORDER BY abs(is_now - was) DESC, tag
LIMIT :most;
