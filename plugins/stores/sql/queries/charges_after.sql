SELECT transaction_id, user_id, amount, charged_at
FROM charges
WHERE transaction_id > ?1
ORDER BY transaction_id
LIMIT ?2
