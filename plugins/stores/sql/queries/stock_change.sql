-- Atomic: only while the result keeps its bound.
UPDATE products
SET stock = stock + ?2, version = version + 1
WHERE id = ?1 AND stock + ?2 >= 0
