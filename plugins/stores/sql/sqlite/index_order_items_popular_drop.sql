DROP INDEX IF EXISTS order_items_popular
