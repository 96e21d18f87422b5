-- How many works with a tag are posted, day by day?
-- group: research
-- cannot say: days that were not searched one by one; what was removed before the search
-- cannot say: whether a 0 that is not certain is one: throttling looks the same until another night finds none either
-- cannot say: totals are the site's own; R-18 works are in them where the search was for all
-- :tag      text                    the tag
-- :since    date = today-365       first day of publication
-- :until    date = today           last day of publication
WITH seen AS (
    SELECT v.*, row_number() OVER (PARTITION BY mode, type, day ORDER BY is_certain DESC, seen_moment DESC) AS place
    FROM v_tag_volume v
    WHERE tag = :tag AND ai_type IS NULL AND day BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT)
)
SELECT day, mode, type, total AS works, is_certain, seen_at
FROM seen
WHERE place = 1
ORDER BY day, mode, type;
-- known: a total that is certain known for {known} of {of} days
-- better: {run} track add volume TAG; past days: {run} crawl search -a endpoints=search_artworks -a word=TAG -a scd=DAY -a ecd=DAY -a pages=1
SELECT count(DISTINCT CASE WHEN is_certain = 1 THEN day END), count(DISTINCT day)
FROM v_tag_volume
WHERE tag = :tag AND ai_type IS NULL AND day BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT);
