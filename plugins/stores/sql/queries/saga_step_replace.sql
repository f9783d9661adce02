-- Versioned: only if nobody changed it since it was read.
UPDATE saga_steps
SET state = ?2, detail = ?3, changed_at = ?4, version = version + 1
WHERE key = ?1 AND version = ?5
