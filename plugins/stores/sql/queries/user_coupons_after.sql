SELECT user_id, coupon_id, status, issued_at, request_key, used_by, version
FROM user_coupons
WHERE (coupon_id, user_id) > (?1, ?2)
ORDER BY coupon_id, user_id, id
LIMIT ?3
