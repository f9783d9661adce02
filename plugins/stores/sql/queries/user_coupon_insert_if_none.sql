-- One writer applies this, so that nobody can come between the check and the insert.
INSERT INTO user_coupons (user_id, coupon_id, status, issued_at, request_key, used_by, version)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
WHERE NOT EXISTS (SELECT 1 FROM user_coupons WHERE user_id = ?1 AND coupon_id = ?2)
