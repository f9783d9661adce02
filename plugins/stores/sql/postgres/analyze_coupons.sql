ANALYZE coupons
