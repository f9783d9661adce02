-- Versioned: only if nobody changed the row since it was read.
UPDATE wallets
SET balance = ?2, version = version + 1
WHERE user_id = ?1 AND version = ?3
