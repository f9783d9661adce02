INSERT INTO coupons (id, discount_kind, discount_value, total, issued, valid_from, valid_until, version)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)
