-- Carts that are made later are numbered after those of the seed.
SELECT setval(pg_get_serial_sequence('carts', 'id'), $1)
