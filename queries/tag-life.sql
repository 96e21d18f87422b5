-- When did a tag rise, peak and end in a ranking?
-- group: tags
-- cannot say: when the tag was first used: only when a work with it was ranked
-- cannot say: whether the first and last day are the tag's or the archive's own
-- :tag      text                    the tag
-- :mode     text = daily           ranking mode
-- :content  text = all             all, illust, manga or ugoira
-- :since    date = 2007-09-13      first ranking date
-- :until    date = newest          last ranking date
WITH days AS (
    SELECT ranking_on, day_number, count(*) AS works
    FROM v_ranking_tags
    WHERE tag = :tag AND mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until
    GROUP BY ranking_on, day_number
), peak AS (
    SELECT ranking_on, works FROM days ORDER BY works DESC, ranking_on LIMIT 1
)
SELECT min(d.ranking_on) AS first_on, max(p.ranking_on) AS peak_on, max(d.ranking_on) AS last_on,
    count(*) AS days_with_it, max(p.works) AS works_at_peak,
    (SELECT min(h.ranking_on) FROM days h WHERE 2 * h.works >= (SELECT works FROM peak)) AS half_peak_first_on,
    (SELECT max(h.ranking_on) FROM days h WHERE 2 * h.works >= (SELECT works FROM peak)) AS half_peak_last_on
FROM days d
CROSS JOIN peak p
HAVING count(*) > 0;
-- known: days
-- known: tags of the day for {known} of {of} entries with the tag; the others came with a response of more than two days later (hindsight)
SELECT sum(CASE WHEN is_hindsight THEN 0 ELSE 1 END), count(*) FROM v_ranking_tags
WHERE tag = :tag AND mode = :mode AND content = :content AND ranking_on BETWEEN :since AND :until;
