DROP INDEX orders_popular
