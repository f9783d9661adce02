SELECT cart_items.product_id, cart_items.quantity
FROM carts JOIN cart_items ON cart_items.cart_id = carts.id
WHERE carts.user_id = ?1
ORDER BY cart_items.product_id
