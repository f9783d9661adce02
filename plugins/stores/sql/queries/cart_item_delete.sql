DELETE FROM cart_items
WHERE cart_id = (SELECT id FROM carts WHERE user_id = ?1) AND product_id = ?2 AND quantity = ?3
