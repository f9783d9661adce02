INSERT INTO order_items (order_id, position, product_id, quantity, unit_price)
VALUES (?1, ?2, ?3, ?4, ?5)
