-- Every work, or id that is none, whose own page was requested: when it was last there, and when it was last requested.
-- artwork_id: the work, or an id that is none
-- shown_at: the last time it was there; NULL: never
-- shown_moment: the same as nanoseconds since 1970
-- last_at: the newest attempt, nanoseconds since 1970
SELECT CAST(substr(params, FIND(params, 'illust_id=') + 10) AS BIGINT) AS artwork_id, MOMENT(max(completed_at)) AS shown_at,
    max(completed_at) AS shown_moment, max(last_at) AS last_at
FROM coverage
WHERE endpoint = 'artwork'
GROUP BY CAST(substr(params, FIND(params, 'illust_id=') + 10) AS BIGINT)
