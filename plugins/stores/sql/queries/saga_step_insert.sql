-- Only while there is none of the key.
INSERT INTO saga_steps (key, state, detail, changed_at, version)
VALUES (?1, ?2, ?3, ?4, 1)
ON CONFLICT (key) DO NOTHING
