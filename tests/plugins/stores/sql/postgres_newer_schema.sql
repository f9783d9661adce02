UPDATE schema_version SET version = 99 RETURNING version
