-- What a saga needs: why an order failed, what was done for it, which events were handled, and how
-- far the outbox was published; and apply_writes() with these writes among the others.
--
-- In the one order of locks, the inbox comes after the fences, because a second delivery of an event
-- is to end before it holds anything; orders that end, saga steps and the relay's cursor come after
-- new orders.

ALTER TABLE orders ADD COLUMN failure text NOT NULL DEFAULT '';

-- Keys are compared by their bytes, as every other store compares them.
CREATE TABLE saga_steps (
  key text COLLATE "C" PRIMARY KEY,
  state smallint NOT NULL,
  detail text NOT NULL,
  changed_at bigint NOT NULL,
  version bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE inbox (
  event_id text COLLATE "C" PRIMARY KEY
);

-- One row at most.
CREATE TABLE relay_cursor (
  id smallint PRIMARY KEY CHECK (id = 1),
  sequence bigint NOT NULL,
  owner text NOT NULL,
  owned_until bigint NOT NULL,
  version bigint NOT NULL
) WITH (fillfactor = 50);

CREATE FUNCTION receive_events(event_ids text[]) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(event_ids) LOOP
    INSERT INTO inbox (event_id) VALUES (event_ids[i]) ON CONFLICT (event_id) DO NOTHING;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'event % was received by another', event_ids[i] USING ERRCODE = 'SC001';
    END IF;
  END LOOP;
END $function$;

CREATE FUNCTION finish_orders(
  finished_ids uuid[], finished_statuses smallint[], finished_failures text[]
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(finished_ids) LOOP
    UPDATE orders SET status = finished_statuses[i], failure = finished_failures[i]
    WHERE id = finished_ids[i] AND status = 0;
    IF FOUND THEN CONTINUE; END IF;
    PERFORM 1 FROM orders WHERE id = finished_ids[i];
    IF NOT FOUND THEN PERFORM raise_missing('order ' || finished_ids[i]); END IF;
    PERFORM raise_changed('order ' || finished_ids[i]);
  END LOOP;
END $function$;

CREATE FUNCTION put_saga_steps(
  step_keys text[], step_states smallint[], step_details text[], step_times bigint[],
  step_versions bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(step_keys) LOOP
    IF step_versions[i] = 0 THEN
      INSERT INTO saga_steps (key, state, detail, changed_at, version)
      VALUES (step_keys[i], step_states[i], step_details[i], step_times[i], 1)
      ON CONFLICT (key) DO NOTHING;
    ELSE
      UPDATE saga_steps SET state = step_states[i], detail = step_details[i],
        changed_at = step_times[i], version = version + 1
      WHERE key = step_keys[i] AND version = step_versions[i];
    END IF;
    IF NOT FOUND THEN PERFORM raise_changed('saga step ' || step_keys[i]); END IF;
  END LOOP;
END $function$;

CREATE FUNCTION put_relay_cursor(
  cursor_sequence bigint, cursor_owner text, cursor_until bigint, cursor_version bigint
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  IF cursor_version = 0 THEN
    INSERT INTO relay_cursor (id, sequence, owner, owned_until, version)
    VALUES (1, cursor_sequence, cursor_owner, cursor_until, 1)
    ON CONFLICT (id) DO NOTHING;
  ELSE
    UPDATE relay_cursor SET sequence = cursor_sequence, owner = cursor_owner,
      owned_until = cursor_until, version = version + 1
    WHERE version = cursor_version;
  END IF;
  IF NOT FOUND THEN PERFORM raise_changed('the relay''s cursor'); END IF;
END $function$;

DROP FUNCTION add_orders;
CREATE FUNCTION add_orders(
  order_ids uuid[], order_users bigint[], order_statuses smallint[], order_coupons bigint[],
  order_subtotals bigint[], order_totals bigint[], order_times bigint[], order_request_keys text[],
  order_failures text[],
  item_orders uuid[], item_positions smallint[], item_products bigint[], item_quantities bigint[],
  item_prices bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(order_ids) LOOP
    INSERT INTO orders
      (id, user_id, status, coupon_id, subtotal, total, created_at, request_key, failure)
    VALUES (order_ids[i], order_users[i], order_statuses[i], order_coupons[i],
      order_subtotals[i], order_totals[i], order_times[i], order_request_keys[i],
      order_failures[i])
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'order % exists already', order_ids[i] USING ERRCODE = 'SI001';
    END IF;
  END LOOP;
  IF item_orders IS NULL THEN RETURN; END IF;
  FOR i IN 1..cardinality(item_orders) LOOP
    INSERT INTO order_items (order_id, position, product_id, quantity, unit_price)
    VALUES (item_orders[i], item_positions[i], item_products[i], item_quantities[i],
      item_prices[i]);
  END LOOP;
END $function$;

-- What comes back is never too much.
CREATE OR REPLACE FUNCTION change_stock(
  mode int, deadline timestamptz, product_ids bigint[], product_changes bigint[],
  product_results bigint[], product_versions bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(product_ids) LOOP
    PERFORM bound_waits(deadline);
    IF mode = 0 THEN
      UPDATE products SET stock = stock + product_changes[i], version = version + 1
      WHERE id = product_ids[i]
        AND (product_changes[i] >= 0 OR stock + product_changes[i] >= 0);
      IF NOT FOUND THEN
        RAISE EXCEPTION 'of product % too little is left', product_ids[i]
          USING ERRCODE = 'SR001';
      END IF;
    ELSIF mode = 2 THEN
      UPDATE products SET stock = product_results[i], version = version + 1
      WHERE id = product_ids[i] AND version = product_versions[i];
      IF NOT FOUND THEN PERFORM raise_changed('product ' || product_ids[i]); END IF;
    ELSE
      UPDATE products SET stock = product_results[i], version = version + 1
      WHERE id = product_ids[i];
      IF NOT FOUND THEN PERFORM raise_missing('product ' || product_ids[i]); END IF;
    END IF;
  END LOOP;
END $function$;

DROP FUNCTION apply_writes;
CREATE FUNCTION apply_writes(
  wait_milliseconds bigint, user_mode int, coupon_mode int, product_mode int,
  fence_kinds smallint[], fence_ids bigint[], fence_tokens bigint[],
  shared_event_keys text[], received_events text[],
  request_keys text[], request_fingerprints bigint[], request_kinds smallint[],
  request_entities text[],
  charge_ids text[], charge_users bigint[], charge_amounts bigint[], charge_times bigint[],
  wallet_users bigint[], wallet_changes bigint[], wallet_results bigint[],
  wallet_versions bigint[],
  use_users bigint[], use_coupons bigint[], use_orders uuid[], use_versions bigint[],
  grant_users bigint[], grant_coupons bigint[], grant_statuses smallint[], grant_times bigint[],
  grant_request_keys text[], grant_used_by uuid[], grant_versions bigint[],
  added_users bigint[], added_products bigint[], added_quantities bigint[],
  cleared_user bigint, cleared_products bigint[], cleared_quantities bigint[],
  order_ids uuid[], order_users bigint[], order_statuses smallint[], order_coupons bigint[],
  order_subtotals bigint[], order_totals bigint[], order_times bigint[], order_request_keys text[],
  order_failures text[],
  item_orders uuid[], item_positions smallint[], item_products bigint[], item_quantities bigint[],
  item_prices bigint[],
  finished_ids uuid[], finished_statuses smallint[], finished_failures text[],
  step_keys text[], step_states smallint[], step_details text[], step_times bigint[],
  step_versions bigint[],
  cursor_sequence bigint, cursor_owner text, cursor_until bigint, cursor_version bigint,
  event_ids text[], event_topics text[], event_keys text[], event_payloads text[],
  event_correlations text[],
  coupon_ids bigint[], coupon_changes bigint[], coupon_results bigint[], coupon_versions bigint[],
  product_ids bigint[], product_changes bigint[], product_results bigint[],
  product_versions bigint[]
) RETURNS void LANGUAGE plpgsql
-- A plan made while a table is nearly empty reads all of it, and is kept.
SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  deadline timestamptz := clock_timestamp() + wait_milliseconds * interval '1 millisecond';
BEGIN
  PERFORM bound_waits(deadline);
  -- Taken before the transaction has a number: the numbers of those that write events of one key
  -- then follow each other as their commits do.
  IF shared_event_keys IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(locks.number) FROM (
      SELECT DISTINCT hashtextextended(current_schema() || '/event/' || event_key, 1) AS number
      FROM unnest(shared_event_keys) AS event_key ORDER BY 1) AS locks;
    PERFORM bound_waits(deadline);
  END IF;
  IF fence_ids IS NOT NULL THEN
    PERFORM check_fences(fence_kinds, fence_ids, fence_tokens);
    PERFORM bound_waits(deadline);
  END IF;
  IF received_events IS NOT NULL THEN
    PERFORM receive_events(received_events);
  END IF;
  IF request_keys IS NOT NULL OR charge_ids IS NOT NULL THEN
    PERFORM record_keys(request_keys, request_fingerprints, request_kinds, request_entities,
      charge_ids, charge_users, charge_amounts, charge_times);
  END IF;
  IF wallet_users IS NOT NULL THEN
    PERFORM change_wallets(user_mode, wallet_users, wallet_changes, wallet_results,
      wallet_versions);
  END IF;
  IF use_users IS NOT NULL THEN
    PERFORM use_coupons(user_mode, use_users, use_coupons, use_orders, use_versions);
  END IF;
  IF grant_users IS NOT NULL THEN
    PERFORM grant_coupons(user_mode, grant_users, grant_coupons, grant_statuses, grant_times,
      grant_request_keys, grant_used_by, grant_versions);
  END IF;
  IF added_users IS NOT NULL OR cleared_user IS NOT NULL THEN
    PERFORM change_carts(user_mode, added_users, added_products, added_quantities, cleared_user,
      cleared_products, cleared_quantities);
  END IF;
  IF order_ids IS NOT NULL THEN
    PERFORM add_orders(order_ids, order_users, order_statuses, order_coupons, order_subtotals,
      order_totals, order_times, order_request_keys, order_failures, item_orders, item_positions,
      item_products, item_quantities, item_prices);
  END IF;
  IF finished_ids IS NOT NULL THEN
    PERFORM finish_orders(finished_ids, finished_statuses, finished_failures);
  END IF;
  IF step_keys IS NOT NULL THEN
    PERFORM put_saga_steps(step_keys, step_states, step_details, step_times, step_versions);
  END IF;
  IF cursor_version IS NOT NULL THEN
    PERFORM put_relay_cursor(cursor_sequence, cursor_owner, cursor_until, cursor_version);
  END IF;
  IF event_ids IS NOT NULL THEN
    PERFORM emit_events(event_ids, event_topics, event_keys, event_payloads, event_correlations);
  END IF;
  IF coupon_ids IS NOT NULL THEN
    PERFORM bound_waits(deadline);
    PERFORM change_coupons(coupon_mode, coupon_ids, coupon_changes, coupon_results,
      coupon_versions);
  END IF;
  IF product_ids IS NOT NULL THEN
    PERFORM change_stock(product_mode, deadline, product_ids, product_changes, product_results,
      product_versions);
  END IF;
END $function$;
