-- Only while there is none.
INSERT INTO relay_cursor (id, sequence, owner, owned_until, version)
VALUES (1, ?1, ?2, ?3, 1)
ON CONFLICT (id) DO NOTHING
