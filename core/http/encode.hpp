// The domain's rows as JSON: one function for each, shared by the public routes and the admin ones.
// Pure; each appends one JSON object.

#pragma once

#include "core/api/entities.hpp"
#include "core/api/store.hpp"
#include "core/http/json_writer.hpp"

namespace stampede::http {

// Whether a row carries what only an auditor needs, such as the key of the request that made it.
enum class Detail : bool { kPublic, kAudit };

void encode(JsonWriter& json, const Product& product, Detail detail);
void encode(JsonWriter& json, const ProductSales& sales, Detail detail);
void encode(JsonWriter& json, const Wallet& wallet, Detail detail);
void encode(JsonWriter& json, const Coupon& coupon, Detail detail);
void encode(JsonWriter& json, const UserCoupon& held, Detail detail);
void encode(JsonWriter& json, const CartLine& line, Detail detail);
void encode(JsonWriter& json, const Order& order, Detail detail);
void encode(JsonWriter& json, const Charge& charge, Detail detail);
void encode(JsonWriter& json, const OutboxRow& row, Detail detail);

}  // namespace stampede::http
