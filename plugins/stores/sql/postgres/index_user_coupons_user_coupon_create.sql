CREATE UNIQUE INDEX user_coupons_user_coupon ON user_coupons (user_id, coupon_id)
