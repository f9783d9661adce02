-- Blind: whatever the row holds by now.
UPDATE products
SET stock = ?2, version = version + 1
WHERE id = ?1
