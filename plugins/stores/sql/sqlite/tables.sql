SELECT count(*), coalesce(sum(name = 'schema_version'), 0)
FROM sqlite_master
WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
