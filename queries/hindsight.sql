-- Of how many ranked works are the tags those of the day, and of how many of later, year by year?
-- group: research
-- cannot say: what the tags were where they are of later
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
SELECT mode, content, substr(CAST(ranking_on AS TEXT), 1, 4) AS year, count(*) AS entries,
    sum(CASE WHEN is_hindsight THEN 1 ELSE 0 END) AS with_later_tags,
    sum(CASE WHEN has_tags THEN 0 ELSE 1 END) AS without_tags,
    round(100.0 * sum(CASE WHEN is_hindsight THEN 1 ELSE 0 END) / nullif(sum(CASE WHEN has_tags THEN 1 ELSE 0 END), 0), 1)
        AS percent_of_those_with_tags
FROM v_ranking_hindsight
WHERE ranking_on BETWEEN :since AND :until
GROUP BY mode, content, substr(CAST(ranking_on AS TEXT), 1, 4)
ORDER BY mode, content, year;
-- known: days
