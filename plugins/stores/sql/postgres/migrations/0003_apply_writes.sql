-- What a transaction wrote, applied by one call. A mode is 0 for atomic writes, 1 for blind ones
-- and 2 for those that must find the version that was read. Arrays of things that there are none of
-- are null. A refusal or a conflict is raised, so that nothing stays:
--   SRnnn  refused, nnn is the number of the RefusalCode
--   SC001  a row changed since it was read
--   SL001  a fence is not the newest
--   SI001  a row that must exist does not, or one that must not does
--
-- Locks are taken in one order by every caller: the keys of events, fences, requests, charges,
-- wallets, the user's coupons and carts, coupons, and the stock of products last, because that is
-- what everybody wants: its row is held only for the commit. Every array comes sorted.

CREATE FUNCTION raise_changed(what text) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  RAISE EXCEPTION '% changed since it was read', what USING ERRCODE = 'SC001';
END $function$;

CREATE FUNCTION raise_missing(what text) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  RAISE EXCEPTION '% does not exist', what USING ERRCODE = 'SI001';
END $function$;

CREATE FUNCTION record_keys(
  request_keys text[], request_fingerprints bigint[], request_kinds smallint[],
  request_entities text[],
  charge_ids text[], charge_users bigint[], charge_amounts bigint[], charge_times bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  IF request_keys IS NOT NULL THEN
    FOR i IN 1..cardinality(request_keys) LOOP
      INSERT INTO requests (key, fingerprint, kind, entity)
      VALUES (request_keys[i], request_fingerprints[i], request_kinds[i], request_entities[i])
      ON CONFLICT (key) DO NOTHING;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'request key % is stored already', request_keys[i] USING ERRCODE = 'SR012';
      END IF;
    END LOOP;
  END IF;
  IF charge_ids IS NOT NULL THEN
    FOR i IN 1..cardinality(charge_ids) LOOP
      INSERT INTO charges (transaction_id, user_id, amount, charged_at)
      VALUES (charge_ids[i], charge_users[i], charge_amounts[i], charge_times[i])
      ON CONFLICT (transaction_id) DO NOTHING;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'charge % is stored already', charge_ids[i] USING ERRCODE = 'SR012';
      END IF;
    END LOOP;
  END IF;
END $function$;

CREATE FUNCTION change_wallets(
  mode int, wallet_users bigint[], wallet_changes bigint[], wallet_results bigint[],
  wallet_versions bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(wallet_users) LOOP
    IF mode = 0 THEN
      UPDATE wallets SET balance = balance + wallet_changes[i], version = version + 1
      WHERE user_id = wallet_users[i]
        AND (wallet_changes[i] >= 0 OR balance + wallet_changes[i] >= 0);
      IF NOT FOUND THEN
        RAISE EXCEPTION 'wallet % holds too little', wallet_users[i] USING ERRCODE = 'SR002';
      END IF;
    ELSIF mode = 2 THEN
      UPDATE wallets SET balance = wallet_results[i], version = version + 1
      WHERE user_id = wallet_users[i] AND version = wallet_versions[i];
      IF NOT FOUND THEN PERFORM raise_changed('wallet ' || wallet_users[i]); END IF;
    ELSE
      UPDATE wallets SET balance = wallet_results[i], version = version + 1
      WHERE user_id = wallet_users[i];
      IF NOT FOUND THEN PERFORM raise_missing('wallet ' || wallet_users[i]); END IF;
    END IF;
  END LOOP;
END $function$;

CREATE FUNCTION use_coupons(
  mode int, use_users bigint[], use_coupons bigint[], use_orders uuid[], use_versions bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  what text;
BEGIN
  FOR i IN 1..cardinality(use_users) LOOP
    -- One that is unused, where an unsafe write form granted several.
    UPDATE user_coupons SET status = 1, used_by = use_orders[i], version = version + 1
    WHERE id = (
        SELECT id FROM user_coupons WHERE user_id = use_users[i] AND coupon_id = use_coupons[i]
        ORDER BY status, id LIMIT 1)
      AND (mode <> 0 OR status = 0) AND (mode <> 2 OR version = use_versions[i]);
    IF FOUND THEN CONTINUE; END IF;
    what := format('the coupon of user %s and coupon %s', use_users[i], use_coupons[i]);
    IF mode = 0 THEN
      RAISE EXCEPTION '% was used', what USING ERRCODE = 'SR003';
    ELSIF mode = 2 THEN
      PERFORM raise_changed(what);
    ELSE
      PERFORM raise_missing(what);
    END IF;
  END LOOP;
END $function$;

-- The unique index decides, in every mode that finds it.
CREATE FUNCTION grant_coupons(
  mode int, grant_users bigint[], grant_coupons bigint[], grant_statuses smallint[],
  grant_times bigint[], grant_request_keys text[], grant_used_by uuid[], grant_versions bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  what text;
BEGIN
  FOR i IN 1..cardinality(grant_users) LOOP
    INSERT INTO user_coupons
      (user_id, coupon_id, status, issued_at, request_key, used_by, version)
    VALUES (grant_users[i], grant_coupons[i], grant_statuses[i], grant_times[i],
      grant_request_keys[i], grant_used_by[i], grant_versions[i])
    ON CONFLICT DO NOTHING;
    IF FOUND THEN CONTINUE; END IF;
    what := format('the coupon of user %s and coupon %s', grant_users[i], grant_coupons[i]);
    IF mode = 2 THEN PERFORM raise_changed(what); END IF;
    RAISE EXCEPTION '% was issued already', what USING ERRCODE = 'SR005';
  END LOOP;
END $function$;

CREATE FUNCTION clear_cart(
  mode int, cleared_user bigint, cleared_products bigint[], cleared_quantities bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  cart bigint;
BEGIN
  SELECT id INTO cart FROM carts WHERE user_id = cleared_user FOR NO KEY UPDATE;
  IF mode = 1 THEN
    DELETE FROM cart_items WHERE cart_id = cart;
    RETURN;
  END IF;
  FOR i IN 1..coalesce(cardinality(cleared_products), 0) LOOP
    -- As a rule the line is as it was seen, and goes whole.
    DELETE FROM cart_items
    WHERE cart_id = cart AND product_id = cleared_products[i] AND quantity = cleared_quantities[i];
    IF FOUND THEN CONTINUE; END IF;
    UPDATE cart_items SET quantity = quantity - cleared_quantities[i]
    WHERE cart_id = cart AND product_id = cleared_products[i] AND quantity > cleared_quantities[i];
    IF FOUND THEN CONTINUE; END IF;
    IF mode = 2 THEN PERFORM raise_changed('the cart of user ' || cleared_user); END IF;
    RAISE EXCEPTION 'the cart of user % holds less than was ordered', cleared_user
      USING ERRCODE = 'SR010';
  END LOOP;
END $function$;

-- Whoever changes a cart holds its row, so that two cannot both add the first line of a product.
CREATE FUNCTION change_carts(
  mode int, added_users bigint[], added_products bigint[], added_quantities bigint[],
  cleared_user bigint, cleared_products bigint[], cleared_quantities bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  cart bigint;
BEGIN
  IF cleared_user IS NOT NULL THEN
    PERFORM clear_cart(mode, cleared_user, cleared_products, cleared_quantities);
  END IF;
  IF added_users IS NULL THEN RETURN; END IF;
  FOR i IN 1..cardinality(added_users) LOOP
    INSERT INTO carts (user_id) VALUES (added_users[i]) ON CONFLICT (user_id) DO NOTHING;
    SELECT id INTO cart FROM carts WHERE user_id = added_users[i] FOR NO KEY UPDATE;
    UPDATE cart_items SET quantity = quantity + added_quantities[i]
    WHERE cart_id = cart AND product_id = added_products[i];
    IF NOT FOUND THEN
      INSERT INTO cart_items (cart_id, product_id, quantity)
      VALUES (cart, added_products[i], added_quantities[i]);
    END IF;
  END LOOP;
END $function$;

CREATE FUNCTION add_orders(
  order_ids uuid[], order_users bigint[], order_statuses smallint[], order_coupons bigint[],
  order_subtotals bigint[], order_totals bigint[], order_times bigint[], order_request_keys text[],
  item_orders uuid[], item_positions smallint[], item_products bigint[], item_quantities bigint[],
  item_prices bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(order_ids) LOOP
    INSERT INTO orders
      (id, user_id, status, coupon_id, subtotal, total, created_at, request_key)
    VALUES (order_ids[i], order_users[i], order_statuses[i], order_coupons[i],
      order_subtotals[i], order_totals[i], order_times[i], order_request_keys[i])
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

CREATE FUNCTION emit_events(
  event_ids text[], event_topics text[], event_keys text[], event_payloads text[],
  event_correlations text[]
) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  base bigint := pg_current_xact_id()::text::bigint << 12;
BEGIN
  IF cardinality(event_ids) > 4096 THEN
    RAISE EXCEPTION 'a transaction emits at most 4096 events, not %', cardinality(event_ids)
      USING ERRCODE = 'SI001';
  END IF;
  FOR i IN 1..cardinality(event_ids) LOOP
    INSERT INTO outbox (sequence, event_id, topic, key, payload, correlation)
    VALUES (base + i - 1, event_ids[i], event_topics[i], event_keys[i], event_payloads[i],
      event_correlations[i]);
  END LOOP;
END $function$;

CREATE FUNCTION change_coupons(
  mode int, coupon_ids bigint[], coupon_changes bigint[], coupon_results bigint[],
  coupon_versions bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(coupon_ids) LOOP
    IF mode = 0 THEN
      UPDATE coupons SET issued = issued + coupon_changes[i], version = version + 1
      WHERE id = coupon_ids[i] AND issued + coupon_changes[i] <= total;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'coupon % is sold out', coupon_ids[i] USING ERRCODE = 'SR004';
      END IF;
    ELSIF mode = 2 THEN
      UPDATE coupons SET issued = coupon_results[i], version = version + 1
      WHERE id = coupon_ids[i] AND version = coupon_versions[i];
      IF NOT FOUND THEN PERFORM raise_changed('coupon ' || coupon_ids[i]); END IF;
    ELSE
      UPDATE coupons SET issued = coupon_results[i], version = version + 1
      WHERE id = coupon_ids[i];
      IF NOT FOUND THEN PERFORM raise_missing('coupon ' || coupon_ids[i]); END IF;
    END IF;
  END LOOP;
END $function$;

CREATE FUNCTION change_stock(
  mode int, deadline timestamptz, product_ids bigint[], product_changes bigint[],
  product_results bigint[], product_versions bigint[]
) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  FOR i IN 1..cardinality(product_ids) LOOP
    PERFORM bound_waits(deadline);
    IF mode = 0 THEN
      UPDATE products SET stock = stock + product_changes[i], version = version + 1
      WHERE id = product_ids[i] AND stock + product_changes[i] >= 0;
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

CREATE FUNCTION apply_writes(
  wait_milliseconds bigint, user_mode int, coupon_mode int, product_mode int,
  fence_kinds smallint[], fence_ids bigint[], fence_tokens bigint[],
  shared_event_keys text[],
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
  item_orders uuid[], item_positions smallint[], item_products bigint[], item_quantities bigint[],
  item_prices bigint[],
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
      order_totals, order_times, order_request_keys, item_orders, item_positions, item_products,
      item_quantities, item_prices);
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
