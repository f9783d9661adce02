// Finds orders whose saga stands still and gives them up: they become FAILED, and the event that
// says so undoes whatever was done for them. sweep() is safe for concurrent use with everything;
// several processes may sweep the same store.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "core/saga/order_service.hpp"

namespace stampede::saga {

class Deadlines {
 public:
  // `orders` outlives the sweeper.
  explicit Deadlines(OrderService& orders) : orders_(orders) {}
  ~Deadlines() { stop(); }
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // Gives up every order that has been pending longer than the timeout. How many they were.
  Result<std::int64_t> sweep();

  void start();
  void stop();  // Idempotent.

 private:
  void run();

  OrderService& orders_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stampede::saga
