SELECT event_id FROM inbox WHERE event_id = ?1
