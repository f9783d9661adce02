-- Atomic: only while the result keeps its bound.
UPDATE coupons
SET issued = issued + ?2, version = version + 1
WHERE id = ?1 AND issued + ?2 <= total
