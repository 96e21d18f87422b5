-- When did a ranking's size change, and since when is there one?
-- group: rankings
-- cannot say: the day of a change between two archived days; the first row of a mode is the first that is archived, or begins the period
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
WITH sized AS (
    SELECT mode, ranking_on, rank_total, lag(rank_total) OVER (PARTITION BY mode ORDER BY ranking_on) AS total_before,
        lag(ranking_on) OVER (PARTITION BY mode ORDER BY ranking_on) AS before_on
    FROM rankings
    WHERE content = :content AND ranking_on BETWEEN :since AND :until
)
SELECT mode, ranking_on, before_on, total_before AS ranks_before, rank_total AS ranks
FROM sized
WHERE before_on IS NULL OR rank_total <> total_before
ORDER BY mode, ranking_on;
-- known: days
