-- Of two seeds at once the second finds the first.
LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE
