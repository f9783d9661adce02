-- Of orders, orders_status_created already holds all that is read: it ends with the primary key.
CREATE INDEX IF NOT EXISTS order_items_popular ON order_items (order_id, product_id, quantity)
