-- Holds the row until the transaction ends; $2 bounds the wait, in milliseconds.
SELECT id, name, price, stock, version
FROM products
WHERE id = $1 AND set_config('lock_timeout', $2, true) <> ''
FOR NO KEY UPDATE
