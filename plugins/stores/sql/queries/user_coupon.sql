-- The one to use first when an unsafe write form granted several: an unused one.
SELECT user_id, coupon_id, status, issued_at, request_key, used_by, version
FROM user_coupons
WHERE user_id = ?1 AND coupon_id = ?2
ORDER BY status, id
LIMIT 1
