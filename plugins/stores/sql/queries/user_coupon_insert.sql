INSERT INTO user_coupons (user_id, coupon_id, status, issued_at, request_key, used_by, version)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
