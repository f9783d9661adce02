// What the calls between services look like on the way: a POST of one JSON object to /calls/{name},
// answered with another one, or with problem details that carry the error's code. Pure functions.
//
//   quote    {"products":[{"productId"}]}       → {"products":[{"productId","price","stock"}]}
//   reserve  {"orderId","userId","couponId"}    → {"discount":{"kind","value"}}
//   release  the same                           → {}
//   settle   the same                           → {"status":"FAILED"}
//
// or {"refusal":"COUPON_NOT_USABLE"} where a service says no. What is not so is kInvalid.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/result.hpp"
#include "core/saga/area.hpp"
#include "core/saga/calls.hpp"

namespace stampede::calls {

inline constexpr std::string_view kQuote = "quote";
inline constexpr std::string_view kReserve = "reserve";
inline constexpr std::string_view kRelease = "release";
inline constexpr std::string_view kSettle = "settle";

// GET of this path says which services a process hosts; calls go below the other one.
inline constexpr std::string_view kServicesPath = "/services";
inline constexpr std::string_view kCallsPath = "/calls/";

std::string encode_products(std::span<const ProductId> products);
Result<std::vector<ProductId>> decode_products(std::string_view body);

std::string encode_quoted(const saga::Quoted& quoted);
Result<saga::Quoted> decode_quoted(std::string_view body);

std::string encode_reserve(const saga::ReserveCoupon& request);
Result<saga::ReserveCoupon> decode_reserve(std::string_view body);

std::string encode_reservation(const saga::Reservation& reservation);
Result<saga::Reservation> decode_reservation(std::string_view body);

std::string encode_status(Order::Status status);
Result<Order::Status> decode_status(std::string_view body);

// {"services":[{"service":"order"},...]}
std::string encode_services(const saga::Areas& services);
Result<saga::Areas> decode_services(std::string_view body);

// The error that an answer stands for which is no success.
Error decode_error(int status, std::string_view body);

}  // namespace stampede::calls
