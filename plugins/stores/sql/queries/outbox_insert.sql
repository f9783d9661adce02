INSERT INTO outbox (event_id, topic, key, payload, correlation)
VALUES (?1, ?2, ?3, ?4, ?5)
