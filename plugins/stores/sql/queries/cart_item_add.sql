UPDATE cart_items SET quantity = quantity + ?3 WHERE cart_id = ?1 AND product_id = ?2
