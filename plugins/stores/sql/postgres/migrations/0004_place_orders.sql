-- Places many orders in one transaction, each decided as if it were placed alone, in the order
-- given: exactly what apply_writes() after the checks of an order would leave, one after the other.
-- Items come by placement and then by product; item_owners names the placement, from 1.
--
-- outcomes: 0 for an order that was placed, the number of the RefusalCode for one that was refused,
-- 254 for one that costs more than 64 bits hold, 255 for one whose key or id is taken.
-- SQLSTATE 40001: an order's id was taken in the same moment; call again.
--
-- Locks are taken in the order of apply_writes(): fences, request keys, wallets, products. Keys are
-- therefore recorded first, and taken back where the order is refused. READ COMMITTED only: what is
-- locked must be read as it is by then.
CREATE FUNCTION place_orders(
  wait_milliseconds bigint,
  fence_kinds smallint[], fence_ids bigint[], fence_tokens bigint[],
  ids uuid[], users bigint[], keys text[], fingerprints bigint[], times bigint[], paid bigint[],
  events text[], correlations text[],
  item_owners int[], item_positions smallint[], item_products bigint[], item_quantities bigint[],
  OUT outcomes smallint[], OUT totals bigint[], OUT item_prices bigint[]
) LANGUAGE plpgsql
-- A plan made while a table is nearly empty reads all of it, and is kept.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  most CONSTANT bigint := 9223372036854775807;
  deadline timestamptz := clock_timestamp() + wait_milliseconds * interval '1 millisecond';
  n int := cardinality(ids);
  items int := cardinality(item_owners);
  base bigint;
  key_is_new boolean[]; taken_ids uuid[]; unused_keys text[] := '{}';
  wallet_users bigint[]; balances bigint[]; wallet_orders int[];
  product_ids bigint[]; prices bigint[]; stocks bigint[]; product_orders int[];
  product_of int[] := array_fill(0, ARRAY[items]);
  placed_as int[] := array_fill(0, ARRAY[n]);  -- By the first placement with the same key.
  keys_repeat boolean := false;
  at_item int := 1; last_item int; first int; wallet int; product int; quantity bigint;
  total bigint; line bigint; code int; placed int := 0; written int;
BEGIN
  outcomes := array_fill(0::smallint, ARRAY[n]);
  totals := array_fill(0::bigint, ARRAY[n]);
  item_prices := array_fill(0::bigint, ARRAY[items]);

  PERFORM bound_waits(deadline);
  IF fence_ids IS NOT NULL THEN
    PERFORM check_fences(fence_kinds, fence_ids, fence_tokens);
    PERFORM bound_waits(deadline);
  END IF;
  WITH recorded AS (
    INSERT INTO requests (key, fingerprint, kind, entity)
    SELECT p.key, p.fingerprint, 0, p.id::text
    FROM unnest(keys, fingerprints, ids) WITH ORDINALITY AS p (key, fingerprint, id, place)
    WHERE p.key <> '' ORDER BY p.key COLLATE "C", p.place
    ON CONFLICT (key) DO NOTHING RETURNING key)
  SELECT array_agg(recorded.key IS NOT NULL ORDER BY p.place) INTO key_is_new
  FROM unnest(keys) WITH ORDINALITY AS p (key, place)
  LEFT JOIN recorded ON recorded.key = p.key COLLATE "C";

  PERFORM bound_waits(deadline);
  SELECT array_agg(w.user_id), array_agg(w.balance), array_agg(0)
  INTO wallet_users, balances, wallet_orders
  FROM (SELECT user_id, balance FROM wallets WHERE user_id = ANY (users)
        ORDER BY user_id FOR NO KEY UPDATE) AS w;
  PERFORM bound_waits(deadline);
  SELECT array_agg(p.id), array_agg(p.price), array_agg(p.stock), array_agg(0)
  INTO product_ids, prices, stocks, product_orders
  FROM (SELECT id, price, stock FROM products WHERE id = ANY (item_products)
        ORDER BY id FOR NO KEY UPDATE) AS p;
  SELECT array_agg(id) INTO taken_ids FROM orders WHERE id = ANY (ids);

  FOR i IN 1..n LOOP
    last_item := at_item;
    WHILE last_item < items AND item_owners[last_item + 1] = i LOOP
      last_item := last_item + 1;
    END LOOP;
    first := CASE WHEN keys[i] = '' THEN i ELSE array_position(keys, keys[i]) END;
    keys_repeat := keys_repeat OR first <> i;
    wallet := array_position(wallet_users, users[i]);
    code := 0;
    total := 0;
    IF (keys[i] <> '' AND (NOT key_is_new[i] OR placed_as[first] > 0))
        OR array_position(taken_ids, ids[i]) IS NOT NULL THEN
      code := 255;
    ELSIF wallet IS NULL THEN
      code := 7;
    ELSE
      FOR k IN at_item..last_item LOOP
        product := array_position(product_ids, item_products[k]);
        IF product IS NULL THEN code := 8; EXIT; END IF;
        product_of[k] := product;
        item_prices[k] := prices[product];
        -- The first fault that an order of its own would meet: a missing product before the rest.
        IF code = 254 THEN CONTINUE; END IF;
        IF prices[product] > most / item_quantities[k] THEN code := 254; CONTINUE; END IF;
        line := prices[product] * item_quantities[k];
        IF total > most - line THEN code := 254; CONTINUE; END IF;
        total := total + line;
      END LOOP;
    END IF;
    IF code = 0 THEN
      FOR k IN at_item..last_item LOOP
        IF stocks[product_of[k]] < item_quantities[k] THEN code := 1; EXIT; END IF;
      END LOOP;
    END IF;
    IF code = 0 AND balances[wallet] < total THEN code := 2; END IF;
    IF code = 0 AND paid[i] <> total THEN code := 11; END IF;
    IF code = 0 THEN
      FOR k IN at_item..last_item LOOP
        product := product_of[k];
        stocks[product] := stocks[product] - item_quantities[k];
        product_orders[product] := product_orders[product] + 1;
      END LOOP;
      IF total > 0 THEN
        balances[wallet] := balances[wallet] - total;
        wallet_orders[wallet] := wallet_orders[wallet] + 1;
      END IF;
      placed_as[first] := i;
      placed := placed + 1;
    END IF;
    outcomes[i] := code;
    totals[i] := total;
    at_item := last_item + 1;
  END LOOP;

  FOR i IN 1..n LOOP
    IF keys[i] = '' OR NOT key_is_new[i] THEN CONTINUE; END IF;
    first := CASE WHEN keys_repeat THEN array_position(keys, keys[i]) ELSE i END;
    IF placed_as[first] = 0 THEN unused_keys := unused_keys || keys[i]; END IF;
  END LOOP;
  IF unused_keys <> '{}' THEN
    DELETE FROM requests WHERE key = ANY (unused_keys);
  END IF;
  IF placed = 0 THEN RETURN; END IF;
  IF keys_repeat THEN  -- A key may have been recorded for an order that was refused.
    UPDATE requests SET fingerprint = p.fingerprint, entity = p.id::text
    FROM unnest(keys, fingerprints, ids, outcomes) AS p (key, fingerprint, id, outcome)
    WHERE requests.key = p.key COLLATE "C" AND p.key <> '' AND p.outcome = 0
      AND requests.entity <> p.id::text;
  END IF;

  INSERT INTO orders (id, user_id, status, coupon_id, subtotal, total, created_at, request_key)
  SELECT p.id, p.user_id, 1, NULL, p.total, p.total, p.created_at, p.key
  FROM unnest(ids, users, totals, times, keys, outcomes)
    AS p (id, user_id, total, created_at, key, outcome)
  WHERE p.outcome = 0 ON CONFLICT (id) DO NOTHING;
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> placed THEN
    RAISE EXCEPTION 'the id of an order was taken in the same moment' USING ERRCODE = '40001';
  END IF;
  INSERT INTO order_items (order_id, position, product_id, quantity, unit_price)
  SELECT ids[x.owner], x.position, x.product, x.quantity, x.price
  FROM unnest(item_owners, item_positions, item_products, item_quantities, item_prices)
    AS x (owner, position, product, quantity, price)
  WHERE outcomes[x.owner] = 0;

  base := pg_current_xact_id()::text::bigint << 12;
  INSERT INTO outbox (sequence, event_id, topic, key, payload, correlation)
  SELECT base + row_number() OVER (ORDER BY x.owner) - 1, events[x.owner], 'ORDER_COMPLETED',
    ids[x.owner]::text,
    format('{"orderId":"%s","userId":%s,"items":[%s],"subtotal":%s,"total":%s}', ids[x.owner],
      users[x.owner], x.items, totals[x.owner], totals[x.owner]),
    correlations[x.owner]
  FROM (
    SELECT i.owner, string_agg(
      format('{"productId":%s,"quantity":%s,"unitPrice":%s}', i.product, i.quantity, i.price), ','
      ORDER BY i.position) AS items
    FROM unnest(item_owners, item_positions, item_products, item_quantities, item_prices)
      AS i (owner, position, product, quantity, price)
    WHERE outcomes[i.owner] = 0
    GROUP BY i.owner) AS x;

  UPDATE wallets SET balance = x.balance, version = wallets.version + x.orders
  FROM unnest(wallet_users, balances, wallet_orders) AS x (user_id, balance, orders)
  WHERE wallets.user_id = x.user_id AND x.orders > 0;
  UPDATE products SET stock = x.stock, version = products.version + x.orders
  FROM unnest(product_ids, stocks, product_orders) AS x (id, stock, orders)
  WHERE products.id = x.id AND x.orders > 0;
END $function$;
