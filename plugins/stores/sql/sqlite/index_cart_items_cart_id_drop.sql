DROP INDEX IF EXISTS cart_items_cart_id
