-- The rest of the doubles that a page ended in.
SELECT user_id, coupon_id, status, issued_at, request_key, used_by, version
FROM user_coupons
WHERE user_id = $1 AND coupon_id = $2
ORDER BY id
OFFSET $3
