CREATE INDEX IF NOT EXISTS order_items_product ON order_items (product_id)
