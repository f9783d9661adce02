SELECT product_id, quantity, unit_price FROM order_items WHERE order_id = ?1 ORDER BY position
