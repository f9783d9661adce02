CREATE TABLE schema_version (version bigint NOT NULL);
INSERT INTO schema_version VALUES (0);
