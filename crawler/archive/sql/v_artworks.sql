-- Every work as it is now. Times of one event, given to the minute here and to the second there, are one time.
SELECT ARTWORK() FROM artworks a
