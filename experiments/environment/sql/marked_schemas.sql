SELECT nspname, obj_description(oid, 'pg_namespace')
FROM pg_namespace
WHERE starts_with(nspname, 'stampede_run_') AND obj_description(oid, 'pg_namespace') IS NOT NULL
