-- Locks that belong to no row, one after the other in the order given, until the transaction ends.
-- $3 bounds each wait, in milliseconds. The schema is part of the name: two stores in one database
-- do not wait for each other.
SELECT count(pg_advisory_xact_lock(
  hashtextextended(current_schema() || '/' || resource.kind || '/' || resource.id, 0)))
FROM unnest($1::int[], $2::bigint[]) AS resource (kind, id)
WHERE set_config('lock_timeout', $3, true) <> ''
