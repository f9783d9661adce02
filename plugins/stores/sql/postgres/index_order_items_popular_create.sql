CREATE INDEX order_items_popular ON order_items (order_id) INCLUDE (product_id, quantity)
