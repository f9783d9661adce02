INSERT INTO orders
  (id, user_id, status, coupon_id, subtotal, total, created_at, request_key)
VALUES (x'018f4c1e7b2a7cc398c4dc0c0c07398f', 7, 0, NULL, 301, 301, 1000000, 'key')
