-- Blind: whatever the row holds by now.
UPDATE wallets
SET balance = ?2, version = version + 1
WHERE user_id = ?1
