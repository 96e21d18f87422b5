-- Which works have a text in their title, or in the name of their artist?
-- group: works over time
-- cannot say: works that are not in the archive; titles that pixiv withholds
-- :text   text                  part of a title or name; % stands for any characters
-- :since  date = 2007-09-13     first day of publication
-- :until  date = today          last day of publication
-- :most   integer = 100         rows
SELECT a.artwork_id, a.title, a.user_id, u.name AS artist, a.kind, a.created_at
FROM artworks a
LEFT JOIN users u ON u.user_id = a.user_id
WHERE (lower(a.title) LIKE '%' || lower(:text) || '%'
        OR a.user_id IN (SELECT n.user_id FROM users n WHERE lower(n.name) LIKE '%' || lower(:text) || '%'))
    AND (a.created_at IS NULL
        OR substr(CAST(a.created_at AS TEXT), 1, 10) BETWEEN CAST(:since AS TEXT) AND CAST(:until AS TEXT))
ORDER BY a.artwork_id DESC
LIMIT :most;
-- known: the title known for {known} of {of} works
-- better: {run} crawl artworks -a endpoints=artwork -a 'illust_id=?ranked-without-details'
SELECT count(title), count(*) FROM artworks;
