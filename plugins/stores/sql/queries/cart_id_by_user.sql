SELECT id FROM carts WHERE user_id = ?1
