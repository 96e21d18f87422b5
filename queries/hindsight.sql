-- Of how many ranked works are the tags those of the day, and of how many today's, year by year?
-- group: research
-- cannot say: what the tags were where they are today's
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
SELECT mode, content, substr(CAST(ranking_on AS TEXT), 1, 4) AS year, count(*) AS entries,
    sum(CASE WHEN is_hindsight THEN 1 ELSE 0 END) AS with_tags_of_today,
    round(100.0 * sum(CASE WHEN is_hindsight THEN 1 ELSE 0 END) / count(*), 1) AS percent
FROM v_ranking_hindsight
WHERE ranking_on BETWEEN :since AND :until
GROUP BY mode, content, substr(CAST(ranking_on AS TEXT), 1, 4)
ORDER BY mode, content, year;
-- known: days
