-- Only while it is pending.
UPDATE orders SET status = ?2, failure = ?3 WHERE id = ?1 AND status = 0
