SELECT sequence, event_id, topic, key, payload, correlation
FROM outbox
WHERE sequence > ?1
ORDER BY sequence
LIMIT ?2
