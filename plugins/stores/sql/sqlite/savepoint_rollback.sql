ROLLBACK TO write_set
