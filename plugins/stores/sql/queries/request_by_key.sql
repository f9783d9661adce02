SELECT key, fingerprint, kind, entity FROM requests WHERE key = ?1
