-- Every work whose own page was requested: when it was there, and when it was missed.
-- artwork_id: the work, or an id that is none
-- shown_at: the last time it was there
-- shown_moment: the same as nanoseconds since 1970
-- missed_first_at: the first miss since then
-- missed_moment: the same as nanoseconds since 1970
-- missed_nights: nights on which it was missed since then
-- last_at: the newest attempt, nanoseconds since 1970
SELECT p.artwork_id, MOMENT(p.shown) AS shown_at, p.shown AS shown_moment, MOMENT(min(c.missed_first_at)) AS missed_first_at,
    min(c.missed_first_at) AS missed_moment, count(DISTINCT CASE WHEN c.missed_first_at IS NOT NULL THEN c.night END) AS missed_nights,
    p.last_at
FROM (SELECT CAST(substr(params, FIND(params, 'illust_id=') + 10) AS BIGINT) AS artwork_id, max(completed_at) AS shown,
        max(last_at) AS last_at
    FROM coverage WHERE endpoint = 'artwork'
    GROUP BY CAST(substr(params, FIND(params, 'illust_id=') + 10) AS BIGINT)) p
LEFT JOIN coverage c ON c.endpoint = 'artwork' AND c.missed_first_at > coalesce(p.shown, 0)
    AND c.params IN ('illust_id=' || CAST(p.artwork_id AS TEXT), '@asker=session&illust_id=' || CAST(p.artwork_id AS TEXT),
        '@asker=premium&illust_id=' || CAST(p.artwork_id AS TEXT))
GROUP BY p.artwork_id, p.shown, p.last_at
