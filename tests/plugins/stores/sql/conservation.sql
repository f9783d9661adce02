-- 0 when every order has its item, its event and its unit of stock.
SELECT abs((SELECT count(*) FROM orders) - (SELECT count(*) FROM order_items))
     + abs((SELECT count(*) FROM orders) - (SELECT count(*) FROM outbox))
     + abs((SELECT count(*) FROM orders) - (SELECT sum(1000000 - stock) FROM products))
