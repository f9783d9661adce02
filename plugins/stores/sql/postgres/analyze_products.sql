ANALYZE products
