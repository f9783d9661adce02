-- Holds the row until the transaction ends; $2 bounds the wait, in milliseconds.
SELECT id, discount_kind, discount_value, total, issued, valid_from, valid_until, version
FROM coupons
WHERE id = $1 AND set_config('lock_timeout', $2, true) <> ''
FOR NO KEY UPDATE
