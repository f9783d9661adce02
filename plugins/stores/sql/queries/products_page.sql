SELECT id, name, price, stock, version FROM products ORDER BY id LIMIT ?1 OFFSET ?2
