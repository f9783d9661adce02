CREATE INDEX orders_user_created ON orders (user_id, created_at)
