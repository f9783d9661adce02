SELECT sequence, owner, owned_until, version FROM relay_cursor
