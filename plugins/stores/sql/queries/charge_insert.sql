INSERT INTO charges (transaction_id, user_id, amount, charged_at) VALUES (?1, ?2, ?3, ?4)
