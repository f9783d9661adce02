SELECT count(*)
FROM orders
WHERE created_at >= ?1 AND created_at < ?2
