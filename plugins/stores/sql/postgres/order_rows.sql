-- What an order reads, in one round trip: the wallet, the request under its key and its products.
-- One row for each product that exists, or one without a product.
SELECT wallets.balance, wallets.version, requests.fingerprint, requests.kind, requests.entity,
  products.id, products.name, products.price, products.stock, products.version
FROM (VALUES (1)) AS always (one)
LEFT JOIN wallets ON wallets.user_id = $1
LEFT JOIN requests ON requests.key = $2
LEFT JOIN products ON products.id = ANY ($3)
