INSERT INTO orders
  (id, user_id, status, coupon_id, subtotal, total, created_at, request_key, failure)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
