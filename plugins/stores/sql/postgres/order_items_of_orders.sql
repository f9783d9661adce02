SELECT order_id, product_id, quantity, unit_price
FROM order_items
WHERE order_id = ANY ($1)
ORDER BY order_id, position
