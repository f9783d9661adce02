CREATE SCHEMA foreign_schema; CREATE TABLE foreign_schema.notes (note text);
