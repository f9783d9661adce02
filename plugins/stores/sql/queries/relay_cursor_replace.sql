-- Versioned: only if nobody moved it since it was read.
UPDATE relay_cursor
SET sequence = ?1, owner = ?2, owned_until = ?3, version = version + 1
WHERE version = ?4
