-- A row's sequence begins with the number of the transaction that wrote it. Shown are the rows of
-- transactions older than every one that was still running when this picture was taken: none with a
-- smaller sequence can turn up later. A transaction that cannot write here (another database's, the
-- server's own cleaning) does not count, where the server lets this role see that.
SELECT sequence, event_id, topic, key, payload, correlation
FROM outbox
WHERE sequence > $1 AND sequence < (
  SELECT coalesce(min(running.number::text::bigint),
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint) << 12
  FROM pg_snapshot_xip(pg_current_snapshot()) AS running (number)
  WHERE NOT EXISTS (
    SELECT 1 FROM pg_stat_activity AS backend
    WHERE backend.backend_xid = running.number::xid
      AND (backend.datname <> current_database() OR backend.backend_type = 'autovacuum worker')))
ORDER BY sequence
LIMIT $2
