-- No mmap: every commit of another connection would unmap. Deleted rows need not be overwritten.
-- The writer decides when to checkpoint.
PRAGMA cache_size = -16000;
PRAGMA mmap_size = 0;
PRAGMA secure_delete = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA wal_autocheckpoint = 0;
