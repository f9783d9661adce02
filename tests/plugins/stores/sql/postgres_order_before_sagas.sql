INSERT INTO orders
  (id, user_id, status, coupon_id, subtotal, total, created_at, request_key)
VALUES ('018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f', 7, 0, NULL, 301, 301, 1000000, 'key')
