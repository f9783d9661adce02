-- Versioned: only if nobody changed it since it was read.
UPDATE user_coupons
SET status = 1, used_by = ?3, version = version + 1
WHERE id = (
  SELECT id FROM user_coupons WHERE user_id = ?1 AND coupon_id = ?2 ORDER BY status, id LIMIT 1
) AND version = ?4
