RELEASE write_set
