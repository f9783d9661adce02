SELECT count(*)
FROM orders
WHERE user_id = $3 AND ($4::smallint IS NULL OR status = $4::smallint)
  AND created_at >= $1 AND created_at < $2
