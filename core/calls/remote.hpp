// The services in other processes, as those here see them. Safe for concurrent use.

#pragma once

#include "core/calls/peers.hpp"
#include "core/saga/calls.hpp"

namespace stampede::calls {

class Remote final : public saga::Prices, public saga::Discounts, public saga::OrderBook {
 public:
  // The peers outlive this.
  explicit Remote(Peers& peers) : peers_(peers) {}

  Result<saga::Quoted> quote(std::span<const ProductId> products, saga::Call& call) override;
  Result<saga::Reservation> reserve(const saga::ReserveCoupon& request, saga::Call& call) override;
  Result<void> release(const saga::ReserveCoupon& request, saga::Call& call) override;
  Result<Order::Status> settle(const saga::ReserveCoupon& reserved, saga::Call& call) override;

 private:
  Peers& peers_;
};

}  // namespace stampede::calls
