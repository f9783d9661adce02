-- Blind: whatever the row holds by now.
UPDATE coupons
SET issued = ?2, version = version + 1
WHERE id = ?1
