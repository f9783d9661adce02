SELECT key, state, detail, changed_at, version FROM saga_steps WHERE key = ?1
