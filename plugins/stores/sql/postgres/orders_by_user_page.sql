SELECT id, user_id, status, coupon_id, subtotal, total, created_at, request_key, failure
FROM orders
WHERE user_id = $3 AND ($4::smallint IS NULL OR status = $4::smallint)
  AND created_at >= $1 AND created_at < $2
ORDER BY created_at DESC, id DESC
LIMIT $5 OFFSET $6
