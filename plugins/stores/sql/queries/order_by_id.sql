SELECT id, user_id, status, coupon_id, subtotal, total, created_at, request_key, failure
FROM orders
WHERE id = ?1
