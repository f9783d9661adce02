SELECT id, name, price, stock, version FROM products WHERE id = ?1
