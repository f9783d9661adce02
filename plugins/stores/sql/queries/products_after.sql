SELECT id, name, price, stock, version FROM products WHERE id > ?1 ORDER BY id LIMIT ?2
