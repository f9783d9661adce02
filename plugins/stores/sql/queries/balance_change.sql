-- Atomic: only while the result keeps its bound.
UPDATE wallets
SET balance = balance + ?2, version = version + 1
WHERE user_id = ?1 AND (?2 >= 0 OR balance + ?2 >= 0)
