SELECT issue_fences($1, $2, $3)
