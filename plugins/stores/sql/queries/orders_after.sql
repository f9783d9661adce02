SELECT id, user_id, status, coupon_id, subtotal, total, created_at, request_key, failure
FROM orders
WHERE id > ?1
ORDER BY id
LIMIT ?2
