COMMENT ON SCHEMA {name} IS '{owner}'
