INSERT INTO requests (key, fingerprint, kind, entity) VALUES (?1, ?2, ?3, ?4)
