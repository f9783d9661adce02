-- A row's sequence begins with the number of the transaction that wrote it. Shown are the rows of
-- transactions older than every one that was still running when this picture was taken: none with a
-- smaller sequence can turn up later. A transaction that cannot write here does not count: another
-- database's, and the server's own cleaning, which is nobody's. Any role may see that much.
SELECT sequence, event_id, topic, key, payload, correlation
FROM outbox
WHERE sequence > $1 AND sequence < (
  SELECT coalesce(min(running.number::text::bigint),
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint) << 12
  FROM pg_snapshot_xip(pg_current_snapshot()) AS running (number)
  WHERE NOT EXISTS (
    SELECT 1 FROM pg_locks AS own JOIN pg_stat_activity AS backend ON backend.pid = own.pid
    WHERE own.locktype = 'transactionid' AND own.mode = 'ExclusiveLock'
      AND own.transactionid = running.number::xid
      AND (backend.usesysid IS NULL OR backend.datid <>
        (SELECT oid FROM pg_database WHERE datname = current_database()))))
ORDER BY sequence
LIMIT $2
