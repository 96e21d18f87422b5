-- Which path did an artwork take through the ranks?
-- group: works over time
-- cannot say: where it stood on days that are not archived; a rank beyond the ranking's size
-- :artwork_id  integer                the work
-- :mode        text = daily           ranking mode
-- :content     text = all             all, illust, manga or ugoira
-- :since       date = newest-365      first ranking date
-- :until       date = newest          last ranking date
SELECT ranking_on, rank, previous_rank, rating_count, view_count, mask_reason
FROM v_ranking_history
WHERE artwork_id = :artwork_id AND mode = :mode AND content = :content
    AND ranking_on BETWEEN :since AND :until
ORDER BY ranking_on;
-- known: days
