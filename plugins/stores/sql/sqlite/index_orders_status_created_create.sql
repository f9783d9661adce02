CREATE INDEX IF NOT EXISTS orders_status_created ON orders (status, created_at)
