ANALYZE carts
