SELECT id, discount_kind, discount_value, total, issued, valid_from, valid_until, version
FROM coupons
WHERE id > ?1
ORDER BY id
LIMIT ?2
