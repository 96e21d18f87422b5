-- What years of crawls would leave of rankings in $mode. $day is the day of d.i, $compact the same as 20240206.
INSERT INTO artworks (artwork_id, user_id, title, kind, page_count, width, height, tags, tags_seen_at,
    is_original, is_masked, book_style, sexual_level, content_flags, attributes, created_at, uploaded_at,
    thumbnail_url, state, first_seen_at, last_seen_at)
WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i + 1 < $days),
    r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r WHERE i + 1 < $new)
SELECT $work, ($work) % 90007, '題' || ($work) % 977, 'illust', 1 + r.i % 5, 1200, 1600,
    '["オリジナル", "風景", "空", "女の子", "夏", "海"]', $moment + d.i,
    $yes, NOT $yes, 0, 0, 'original', 'original', $created, $created,
    'https://i.pximg.net/c/240x480/img-master/img/2024/08/16/05/57/31/' || ($work) || '_p0_master1200.jpg',
    'visible', $moment + d.i, $moment + d.i
FROM d CROSS JOIN r;

INSERT INTO users (user_id, name, image_url, first_seen_at, last_seen_at)
SELECT user_id, '作家' || user_id, 'https://i.pximg.net/user-profile/img/' || user_id || '_50.png', $moment, $moment
FROM artworks GROUP BY user_id
ON CONFLICT DO NOTHING;

-- Of the tags the first are the most frequent, as real ones are.
INSERT INTO artwork_tags (artwork_id, tag_id, position, first_seen_at, last_seen_at)
WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i + 1 < $days),
    r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r WHERE i + 1 < $new),
    t(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM t WHERE i + 1 < $tags)
SELECT $work, n.tag_id, t.i, $moment + d.i, $moment + d.i
FROM d CROSS JOIN r CROSS JOIN t
JOIN numbered n ON n.n = ((($work) * 7919 + t.i * 104729) % 141) * ((($work) * 31 + t.i * 613) % 141)
WHERE TRUE
ON CONFLICT DO NOTHING;

INSERT INTO rankings (ranking_id, mode, content, ranking_on, rank_total, prev_on, next_on, entry_count, is_complete,
    first_seen_at, last_seen_at)
WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i + 1 < $days)
SELECT $key, '$mode', 'all', $day, $entries, $day_before, $day_after, $entries, $yes, $moment + d.i, $moment + d.i
FROM d;

-- Of the works of a day three in five are new, the others were there the day before.
INSERT INTO ranking_entries (ranking_id, rank, artwork_id, previous_rank, rating_count, view_count, is_masked, seen_at)
WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i + 1 < $days),
    r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r WHERE i + 1 < $entries)
SELECT $key, r.i + 1, CASE WHEN r.i < $new THEN $work ELSE $work - 2 * $new END,
    CASE WHEN r.i < $new THEN NULL ELSE r.i END, 3000 - r.i, 20000 - r.i * 7, NOT $yes,
    $moment + (d.i * 10 + r.i / 50) * 16 + $number
FROM d CROSS JOIN r;

INSERT INTO ranking_pages (ranking_id, page, seen_at, next_page, rank_total, entries_at, publication)
WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i + 1 < $days),
    p(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM p WHERE i + 1 < 10)
SELECT $key, p.i + 1, $at, CASE WHEN p.i < 9 THEN p.i + 2 END, $entries, $at, $moment + d.i * 100 + $number
FROM d CROSS JOIN p;

INSERT INTO coverage (endpoint, params, night, page, outcome, next_page, completed_at, last_outcome, last_at,
    content_digest)
WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i + 1 < $days),
    p(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM p WHERE i + 1 < 10)
SELECT 'ranking', 'content=all&date=' || $compact || '&mode=$mode', '', p.i + 1, 'complete',
    CASE WHEN p.i < 9 THEN p.i + 2 END, $at, 'complete', $at, $at
FROM d CROSS JOIN p;

INSERT INTO captures (observed_at, digest, endpoint, params, url, status, outcome, record_id, file, file_offset,
    crawl_id)
WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i + 1 < $days),
    p(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM p WHERE i + 1 < 10)
SELECT $at, $at, 'ranking', 'content=all&date=' || $compact || '&mode=$mode',
    'https://www.pixiv.net/ranking.php?format=json&content=all&date=' || $compact || '&mode=$mode&p=' || (p.i + 1),
    200, 'complete', CAST($at AS TEXT), '2024-02/20240206T000000-abcdef.warc.gz', p.i * 9000, '20240206T000000-abcdef'
FROM d CROSS JOIN p
