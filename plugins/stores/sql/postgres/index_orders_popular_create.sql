CREATE INDEX orders_popular ON orders (status, created_at) INCLUDE (id)
