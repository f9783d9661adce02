-- What a saga needs: why an order failed, what was done for it, which events were handled, and how
-- far the outbox was published.

ALTER TABLE orders ADD COLUMN failure TEXT NOT NULL DEFAULT '';

CREATE TABLE saga_steps (
  key TEXT PRIMARY KEY,
  state INTEGER NOT NULL,
  detail TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
  event_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- One row at most.
CREATE TABLE relay_cursor (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  sequence INTEGER NOT NULL,
  owner TEXT NOT NULL,
  owned_until INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
