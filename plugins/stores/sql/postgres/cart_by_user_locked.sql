-- Holds the cart's row, which everybody who changes the cart holds, until the transaction ends; $2
-- bounds the wait, in milliseconds. The lines are read by a statement of their own, after the wait.
SELECT id
FROM carts
WHERE user_id = $1 AND set_config('lock_timeout', $2, true) <> ''
FOR NO KEY UPDATE
