SELECT string_agg(indexname, ' ' ORDER BY indexname)
FROM pg_indexes
WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'
