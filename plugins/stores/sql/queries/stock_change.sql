-- Atomic: only while the result keeps its bound.
UPDATE products
SET stock = stock + ?2, version = version + 1
WHERE id = ?1 AND (?2 >= 0 OR stock + ?2 >= 0)
