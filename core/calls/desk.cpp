#include "core/calls/desk.hpp"

#include <exception>
#include <utility>

#include "core/calls/wire.hpp"

namespace stampede::calls {

namespace {

saga::Area service_of_call(std::string_view name) {
  if (name == kQuote) return saga::Area::kProduct;
  return name == kSettle ? saga::Area::kOrder : saga::Area::kCoupon;
}

}  // namespace

std::string Desk::services() const { return encode_services(hosted_); }

Result<std::string> Desk::answer(std::string_view name, std::string_view body,
                                 std::string_view correlation, Deadline deadline) {
  const auto began = Clock::now();
  Phases phases;
  Context context{deadline, phases};
  saga::Call call{context, correlation};
  Result<Answered> answered = fail(ErrorCode::kInternal, "");
  try {
    answered = dispatch(name, body, call);
  } catch (const std::exception& error) {  // The edge of the call.
    answered = fail(ErrorCode::kInternal, error.what());
  }
  const auto note = answered ? std::string_view("answered") : to_string(answered.error().code);
  log_.saga({.correlation = correlation,
             .service = saga::name_of(service_of_call(name)),
             .topic = std::string("call ").append(name),
             .order = answered ? std::string_view(answered->order) : std::string_view(),
             .note = note,
             .took = Clock::now() - began});
  if (!answered) return Unexpected(answered.error());
  return std::move(answered->body);
}

Result<Desk::Answered> Desk::dispatch(std::string_view name, std::string_view body,
                                      saga::Call& call) {
  const bool is_known = name == kQuote || name == kReserve || name == kRelease || name == kSettle;
  if (!is_known || !hosted_.test(saga::index_of(service_of_call(name)))) {
    return fail(ErrorCode::kNotFound, "no service here answers the call \"" + std::string(name) +
                                          "\"; here are: " + saga::names_of(hosted_));
  }
  return name == kQuote ? quote(body, call) : about_coupon(name, body, call);
}

Result<Desk::Answered> Desk::quote(std::string_view body, saga::Call& call) {
  const auto products = decode_products(body);
  if (!products) return Unexpected(products.error());
  const auto quoted = desks_.prices->quote(*products, call);
  if (!quoted) return Unexpected(quoted.error());
  return Answered{encode_quoted(*quoted), ""};
}

Result<Desk::Answered> Desk::about_coupon(std::string_view name, std::string_view body,
                                          saga::Call& call) {
  const auto request = decode_reserve(body);
  if (!request) return Unexpected(request.error());
  auto order = to_string(request->order);
  if (name == kReserve) {
    const auto reserved = desks_.discounts->reserve(*request, call);
    if (!reserved) return Unexpected(reserved.error());
    return Answered{encode_reservation(*reserved), std::move(order)};
  }
  if (name == kRelease) {
    const auto released = desks_.discounts->release(*request, call);
    if (!released) return Unexpected(released.error());
    return Answered{"{}", std::move(order)};
  }
  const auto status = desks_.orders->settle(*request, call);
  if (!status) return Unexpected(status.error());
  return Answered{encode_status(*status), std::move(order)};
}

}  // namespace stampede::calls
