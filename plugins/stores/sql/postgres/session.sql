SELECT set_config('search_path', $1, false), set_config('synchronous_commit', $2, false),
  set_config('client_min_messages', 'warning', false)
