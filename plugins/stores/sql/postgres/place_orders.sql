-- One call for many orders.
SELECT outcomes, totals, item_prices FROM place_orders(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
