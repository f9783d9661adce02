SELECT user_id, coupon_id, status, issued_at, request_key, used_by, version
FROM user_coupons
WHERE user_id = ?1
ORDER BY coupon_id, id
