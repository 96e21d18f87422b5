-- Rows that did not fit their table, with times for people.
-- seen_at: when the reply came
SELECT MOMENT(observed_at) AS seen_at, endpoint, table_name, path, error, fragment FROM dead_letters
WHERE error <> 'redacted with what was forgotten'
