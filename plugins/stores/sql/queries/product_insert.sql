INSERT INTO products (id, name, price, stock, version) VALUES (?1, ?2, ?3, ?4, 0)
