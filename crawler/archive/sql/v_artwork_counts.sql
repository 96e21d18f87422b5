-- The public counters of works over time.
SELECT c.artwork_id, a.title, a.user_id, MOMENT(c.observed_at) AS observed_at,
    c.bookmark_count, c.like_count, c.view_count, c.comment_count, c.response_count
FROM artwork_counts c LEFT JOIN artworks a ON a.artwork_id = c.artwork_id
