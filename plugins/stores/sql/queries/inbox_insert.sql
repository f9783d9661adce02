-- Only while it was not received.
INSERT INTO inbox (event_id) VALUES (?1) ON CONFLICT (event_id) DO NOTHING
