-- A list: its pages of one night. Complete where its last page is there.
-- pages: how many of its pages are there
-- is_complete: its last page is there
-- first_seen_at: when its first page came
-- last_seen_at: when its newest page came
SELECT endpoint, params, night, count(DISTINCT page) AS pages, max(total) AS total,
    max(CASE WHEN is_last THEN 1 ELSE 0 END) = 1 AS is_complete,
    MOMENT(min(listing_id)) AS first_seen_at,
    MOMENT(max(listing_id)) AS last_seen_at
FROM listings GROUP BY endpoint, params, night
