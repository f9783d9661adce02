SELECT count(*)
FROM orders
WHERE status = ?3 AND created_at >= ?1 AND created_at < ?2
