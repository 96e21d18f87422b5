-- Every work as it is now. Times of one event, given to the minute here and to the second there, are one time.
-- created_on: the day of publication in Japan
-- created_day_number: that day, counted from 2007-09-13 as 0, as day_number of rankings
-- created_hour: the hour of publication in Japan, 0 to 23
-- created_weekday: the day of publication in Japan, 1 is Monday
SELECT ARTWORK(), DAY_IN_JAPAN(a.created_at) AS created_on, DAY_NUMBER_IN_JAPAN(a.created_at) AS created_day_number,
    HOUR_IN_JAPAN(a.created_at) AS created_hour,
    WEEKDAY_IN_JAPAN(a.created_at) AS created_weekday
FROM artworks a
