SELECT count(*)
FROM orders
WHERE user_id = ?3 AND (?4 IS NULL OR status = ?4) AND created_at >= ?1 AND created_at < ?2
