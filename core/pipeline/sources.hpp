// Where time, ids and external payments come from. Injected, so that tests decide.

#pragma once

#include "core/api/entities.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede::pipeline {

// The wall clock. Safe for concurrent use.
class WallClock {
 public:
  virtual ~WallClock() = default;
  virtual TimePoint now() = 0;
};

// Makes unique, time-ordered order ids (UUID version 7, RFC 9562). Safe for concurrent use.
class IdGenerator {
 public:
  virtual ~IdGenerator() = default;
  virtual OrderId next() = 0;
};

// The external payment of an order, beside the wallet: slow, remote, and able to say no.
// Idempotent by order id. Safe for concurrent use. After an error it is not known whether money was
// taken; a refund then makes sure that none is kept.
class PaymentGateway {
 public:
  virtual ~PaymentGateway() = default;
  // kCommit: paid. kRefuse: declined, nothing was taken.
  virtual Result<Outcome> pay(const OrderId& order, Money amount) = 0;
  // Gives back what was paid for the order, once; succeeds when nothing was.
  virtual Result<void> refund(const OrderId& order) = 0;
};

}  // namespace stampede::pipeline
