SELECT user_id, balance, version FROM wallets WHERE user_id > ?1 ORDER BY user_id LIMIT ?2
