-- Works that were shown and are not now: blank in a newer list, or missed on their own page on two nights or more.
-- evidence: withheld (blank in a list), or absent (its own page answered 404 on several nights, and nothing since)
-- since_moment: since_at as nanoseconds since 1970
-- since_at: the last reply that showed it (withheld), or the first that missed it (absent)
SELECT a.artwork_id, a.title, a.user_id, a.kind, a.created_at, a.state, 'withheld' AS evidence,
    MOMENT(h.last_seen_at) AS since_at, h.last_seen_at AS since_moment
FROM artworks a
JOIN artwork_history h ON h.artwork_id = a.artwork_id AND h.field = 'state' AND h.value = 'visible'
WHERE a.state <> 'visible'
UNION ALL
SELECT a.artwork_id, a.title, a.user_id, a.kind, a.created_at, a.state, 'absent', MOMENT(m.since), m.since
FROM (SELECT CAST(CASE WHEN c.params LIKE 'illust%' THEN substr(c.params, 11) ELSE substr(c.params, 26) END AS BIGINT)
        AS artwork_id, min(c.missed_first_at) AS since
    FROM coverage c
    WHERE c.endpoint = 'artwork' AND c.missed_first_at IS NOT NULL
        AND (c.params LIKE 'illust_id=%' OR c.params LIKE '@asker=_______&illust_id=%')
        AND c.missed_first_at > coalesce((SELECT max(o.completed_at) FROM coverage o
            WHERE o.endpoint = c.endpoint AND o.params = c.params), 0)
    GROUP BY c.params HAVING count(DISTINCT c.night) > 1) m
JOIN artworks a ON a.artwork_id = m.artwork_id AND a.state = 'visible'
