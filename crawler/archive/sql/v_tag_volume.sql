-- How many works a search for a tag and day finds, as the site says it, one row a look: searches that leave nothing out but by ai_type.
-- tag: what was searched
-- mode: all, safe or r18
-- type: which kinds of work
-- ai_type: the search's ai_type; NULL: none was given
-- day: the day of publication that was searched
-- total: works there are, in the site's words; 0: none was found
-- is_certain: no for a 0 that no other night has found too, or where works were found once: throttling looks the same
-- seen_at: when the reply came
-- seen_moment: the same as nanoseconds since 1970
WITH searches AS (
    SELECT params, total, 1 AS is_certain, listing_id AS moment
    FROM listings
    WHERE endpoint IN ('search_artworks', 'search_illustrations', 'search_manga') AND total IS NOT NULL
    UNION ALL
    SELECT params, 0, CASE
        WHEN outcome = 'absent' AND NOT EXISTS (
            SELECT 1 FROM listings l WHERE l.endpoint = c.endpoint AND l.params = c.params AND l.total > 0
        ) THEN 1 ELSE 0 END, missed_last_at
    FROM coverage c
    WHERE endpoint IN ('search_artworks', 'search_illustrations', 'search_manga') AND page = 1
        AND completed_at IS NULL AND missed_last_at IS NOT NULL
)
SELECT PARAM(params, 'word') AS tag, PARAM(params, 'mode') AS mode, PARAM(params, 'type') AS type,
    nullif(PARAM(params, 'ai_type'), '') AS ai_type, PARAM(params, 'scd') AS day, total, is_certain,
    MOMENT(moment) AS seen_at, moment AS seen_moment
FROM searches
WHERE PARAM(params, 'scd') <> '' AND PARAM(params, 'scd') = PARAM(params, 'ecd')
    AND PARAM(params, 's_mode') IN ('', 's_tag_full') AND PARAM(params, 'ratio') = '' AND PARAM(params, 'tool') = ''
    AND PARAM(params, 'wlt') = '' AND PARAM(params, 'wgt') = '' AND PARAM(params, 'hlt') = '' AND PARAM(params, 'hgt') = ''
    AND PARAM(params, 'blt') = '' AND PARAM(params, 'bgt') = '' AND PARAM(params, 'work_lang') = ''
