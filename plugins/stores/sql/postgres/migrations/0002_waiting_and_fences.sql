-- Lets no later statement of this transaction wait for a lock beyond the deadline.
CREATE FUNCTION bound_waits(deadline timestamptz) RETURNS text LANGUAGE sql AS $function$
  SELECT set_config('lock_timeout', greatest(
    1, ceil(date_part('epoch', deadline - clock_timestamp()) * 1000))::bigint::text, true)
$function$;

-- Refuses unless each token is the newest of its resource, and keeps newer ones from being issued
-- until this transaction ends. The resources come sorted.
CREATE FUNCTION check_fences(fence_kinds smallint[], fence_ids bigint[], fence_tokens bigint[])
RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(fence_ids) LOOP
    PERFORM 1 FROM fences
    WHERE kind = fence_kinds[i] AND id = fence_ids[i] AND issued = fence_tokens[i]
    FOR SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the lock on resource % of kind % was granted to another holder since',
        fence_ids[i], fence_kinds[i] USING ERRCODE = 'SL001';
    END IF;
  END LOOP;
END $function$;

-- The next number of each resource, in the order given, which is sorted. Waits for transactions
-- that carry an older one and are about to commit.
CREATE FUNCTION issue_fences(wait_milliseconds bigint, fence_kinds smallint[], fence_ids bigint[])
RETURNS bigint[] LANGUAGE plpgsql AS $function$
DECLARE
  deadline timestamptz := clock_timestamp() + wait_milliseconds * interval '1 millisecond';
  tokens bigint[] := '{}';
  token bigint;
BEGIN
  FOR i IN 1..cardinality(fence_ids) LOOP
    PERFORM bound_waits(deadline);
    INSERT INTO fences (kind, id, issued) VALUES (fence_kinds[i], fence_ids[i], 1)
    ON CONFLICT (kind, id) DO UPDATE SET issued = fences.issued + 1
    RETURNING issued INTO token;
    tokens := tokens || token;
  END LOOP;
  RETURN tokens;
END $function$;
