SELECT count(*), count(*) FILTER (WHERE tablename = 'schema_version')
FROM pg_tables
WHERE schemaname = $1
