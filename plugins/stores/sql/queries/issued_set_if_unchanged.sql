-- Versioned: only if nobody changed the row since it was read.
UPDATE coupons
SET issued = ?2, version = version + 1
WHERE id = ?1 AND version = ?3
