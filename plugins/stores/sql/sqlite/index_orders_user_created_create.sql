CREATE INDEX IF NOT EXISTS orders_user_created ON orders (user_id, created_at)
