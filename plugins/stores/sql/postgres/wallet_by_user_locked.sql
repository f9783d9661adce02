-- Holds the row until the transaction ends; $2 bounds the wait, in milliseconds.
SELECT user_id, balance, version
FROM wallets
WHERE user_id = $1 AND set_config('lock_timeout', $2, true) <> ''
FOR NO KEY UPDATE
