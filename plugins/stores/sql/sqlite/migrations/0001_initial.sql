-- The sale: what is sold, who pays, what was promised and what happened.
-- Money is in minor units, times are microseconds since 1970 (UTC), booleans do not occur.
-- STRICT: an integer that overflows is refused instead of becoming a floating-point number.

CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  price INTEGER NOT NULL,
  stock INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE wallets (
  user_id INTEGER PRIMARY KEY,
  balance INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE coupons (
  id INTEGER PRIMARY KEY,
  discount_kind INTEGER NOT NULL,
  discount_value INTEGER NOT NULL,
  total INTEGER NOT NULL,
  issued INTEGER NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_until INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

-- Not unique over (user_id, coupon_id): the write forms keep it so, except the unsafe one, whose
-- double grants an audit must be able to find.
CREATE TABLE user_coupons (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL,
  coupon_id INTEGER NOT NULL,
  status INTEGER NOT NULL,
  issued_at INTEGER NOT NULL,
  request_key TEXT NOT NULL,
  used_by BLOB,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE carts (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL UNIQUE
) STRICT;

CREATE TABLE cart_items (
  id INTEGER PRIMARY KEY,
  cart_id INTEGER NOT NULL,
  product_id INTEGER NOT NULL,
  quantity INTEGER NOT NULL
) STRICT;

CREATE TABLE orders (
  id BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL,
  status INTEGER NOT NULL,
  coupon_id INTEGER,
  subtotal INTEGER NOT NULL,
  total INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  request_key TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE order_items (
  order_id BLOB NOT NULL,
  position INTEGER NOT NULL,
  product_id INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  unit_price INTEGER NOT NULL,
  PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE charges (
  transaction_id TEXT PRIMARY KEY,
  user_id INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  charged_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE requests (
  key TEXT PRIMARY KEY,
  fingerprint INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  entity TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Rows are never deleted, so the sequence never goes back.
CREATE TABLE outbox (
  sequence INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  key TEXT NOT NULL,
  payload TEXT NOT NULL,
  correlation TEXT NOT NULL
) STRICT;
