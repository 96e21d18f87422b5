-- Every work, or id that is none, whose own page was requested: when it was last there, and when the site last answered.
-- artwork_id: the work, or an id that is none
-- shown_at: the last time it was there; NULL: never
-- shown_moment: the same as nanoseconds since 1970
-- missed_moment: the last 404, nanoseconds since 1970; NULL: never
-- answered_moment: the newest answer that was no failure of the site or the network, nanoseconds since 1970; NULL: never
-- failed_moment: the newest failure that ended a night, nanoseconds since 1970; NULL: never
SELECT CAST(substr(params, FIND(params, 'illust_id=') + 10) AS BIGINT) AS artwork_id, MOMENT(max(completed_at)) AS shown_at,
    max(completed_at) AS shown_moment, max(CASE WHEN last_outcome = 'absent' THEN last_at END) AS missed_moment,
    max(CASE WHEN last_outcome = 'failed' THEN completed_at ELSE last_at END) AS answered_moment,
    max(CASE WHEN last_outcome = 'failed' THEN last_at END) AS failed_moment
FROM (
    SELECT params, completed_at, last_at, last_outcome FROM coverage WHERE endpoint = 'artwork'
    -- What failed later the same night hides a 404 there. The first condition is that of an index of few rows.
    UNION ALL
    SELECT params, NULL, observed_at, outcome FROM captures
    WHERE outcome <> 'complete' AND endpoint = 'artwork' AND outcome = 'absent'
) pages
GROUP BY CAST(substr(params, FIND(params, 'illust_id=') + 10) AS BIGINT)
