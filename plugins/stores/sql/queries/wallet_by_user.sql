SELECT user_id, balance, version FROM wallets WHERE user_id = ?1
