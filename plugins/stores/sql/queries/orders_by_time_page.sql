SELECT id, user_id, status, coupon_id, subtotal, total, created_at, request_key, failure
FROM orders
WHERE created_at >= ?1 AND created_at < ?2
ORDER BY created_at DESC, id DESC
LIMIT ?3 OFFSET ?4
