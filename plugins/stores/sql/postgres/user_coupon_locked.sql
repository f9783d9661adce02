-- Holds the row until the transaction ends; $3 bounds the wait, in milliseconds.
SELECT user_id, coupon_id, status, issued_at, request_key, used_by, version
FROM user_coupons
WHERE user_id = $1 AND coupon_id = $2 AND set_config('lock_timeout', $3, true) <> ''
ORDER BY status, id
LIMIT 1
FOR NO KEY UPDATE
