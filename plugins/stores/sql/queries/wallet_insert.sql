INSERT INTO wallets (user_id, balance, version) VALUES (?1, ?2, 0)
