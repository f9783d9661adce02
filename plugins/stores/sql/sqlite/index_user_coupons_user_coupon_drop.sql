DROP INDEX IF EXISTS user_coupons_user_coupon
