-- Whether the store holds any row of the domain.
SELECT EXISTS (SELECT 1 FROM products) OR EXISTS (SELECT 1 FROM wallets)
    OR EXISTS (SELECT 1 FROM coupons) OR EXISTS (SELECT 1 FROM user_coupons)
    OR EXISTS (SELECT 1 FROM carts) OR EXISTS (SELECT 1 FROM orders)
    OR EXISTS (SELECT 1 FROM charges) OR EXISTS (SELECT 1 FROM requests)
    OR EXISTS (SELECT 1 FROM outbox) OR EXISTS (SELECT 1 FROM saga_steps)
    OR EXISTS (SELECT 1 FROM inbox) OR EXISTS (SELECT 1 FROM relay_cursor)
