-- Products by units sold in completed orders since a moment, best first. Of a product that this
-- store does not have, only the id is known.
SELECT best.product_id, coalesce(products.name, ''), coalesce(products.price, 0),
  coalesce(products.stock, 0), coalesce(products.version, 0), best.sold
FROM (
  SELECT order_items.product_id, CAST(sum(order_items.quantity) AS bigint) AS sold
  FROM orders JOIN order_items ON order_items.order_id = orders.id
  WHERE orders.status = 1 AND orders.created_at >= ?1
  GROUP BY order_items.product_id
  ORDER BY sold DESC, order_items.product_id
  LIMIT ?2
) AS best
LEFT JOIN products ON products.id = best.product_id
ORDER BY best.sold DESC, best.product_id
