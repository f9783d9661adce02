CREATE INDEX cart_items_cart_id ON cart_items (cart_id)
