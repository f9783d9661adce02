-- Instances that start together migrate one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('stampede/migrate/' || $1, 0))
