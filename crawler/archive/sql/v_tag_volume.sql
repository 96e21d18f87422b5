-- How many works a search for a tag and day finds, as the site says it: one row a look.
-- tag: what was searched
-- mode: all, safe or r18
-- type: which kinds of work
-- ai_type: the search's ai_type; NULL: none was given
-- day: the day of publication that was searched
-- total: works there are, in the site's words
-- seen_at: when the reply came
-- seen_moment: the same as nanoseconds since 1970
SELECT PARAM(params, 'word') AS tag, PARAM(params, 'mode') AS mode, PARAM(params, 'type') AS type,
    nullif(PARAM(params, 'ai_type'), '') AS ai_type, PARAM(params, 'scd') AS day, total,
    MOMENT(listing_id) AS seen_at, listing_id AS seen_moment
FROM listings
WHERE endpoint IN ('search_artworks', 'search_illustrations', 'search_manga') AND total IS NOT NULL
    AND PARAM(params, 'scd') <> '' AND PARAM(params, 'scd') = PARAM(params, 'ecd')
