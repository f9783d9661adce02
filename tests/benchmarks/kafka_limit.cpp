// The transport `kafka` beside a raw librdkafka loop through the same private broker. Prints lines
// for a script to read:
//
//   through  round  batch  transport  raw     messages a second, from publish() to the handler
//   latency  p50  p99  max                    us from publish() to the handler, at half of that
//   rate
//
// usage: kafka_limit [ROUNDS [MESSAGES]]

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/api/histogram.hpp"
#include "core/api/transport.hpp"
#include "tests/benchmarks/raw_kafka.hpp"
#include "tests/benchmarks/sale.hpp"
#include "tests/support/kafka_brokers.hpp"

namespace {

using namespace stampede;
using namespace stampede::benchmarks;

constexpr int kSize = 200;
constexpr int kPublishers = 2;  // As two services' relays.
constexpr int kSpan = 256;      // Events in one publish(), as a relay's batch.
constexpr const char* kTopic = "LOAD";

Deadline soon() { return Clock::now() + std::chrono::seconds(60); }

// Keeps a rate: nothing ever comes before its time.
class Pace {
 public:
  void wait_until(Clock::time_point due) {
    std::unique_lock lock(mutex_);
    never_.wait_until(lock, due, [] { return false; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable never_;
};

class Subject {
 public:
  Subject(const std::string& brokers, const std::string& prefix, int batch)
      : transport_(must(catalog_.create<Transport>("kafka", {{"brokers", brokers},
                                                             {"topic.prefix", prefix},
                                                             {"group.prefix", prefix},
                                                             {"batch", std::to_string(batch)}}))) {
    must(transport_->subscribe(kTopic, "bench", [this](std::span<const Event> events, Deadline) {
      return handle(events);
    }));
    must(transport_->start());
    publish(0, 1);  // Comes back when the consumer has its partitions.
    await(1);
  }

  // Events a second of all publishers.
  double rate(int messages) {
    const auto before = handled_.load();
    const auto started = Clock::now();
    std::vector<std::jthread> publishers;
    for (int i = 0; i < kPublishers; ++i) {
      publishers.emplace_back([this, i, messages] {
        for (int sent = 0; sent < messages / kPublishers; sent += kSpan) publish(i, kSpan);
      });
    }
    publishers.clear();
    await(before + messages / kPublishers / kSpan * kSpan * kPublishers);
    const std::chrono::duration<double> took = Clock::now() - started;
    return static_cast<double>(handled_.load() - before) / took.count();
  }

  // From publish() to the handler, with so many events a second, one at a time.
  Histogram latencies(double rate, std::chrono::seconds duration) {
    latencies_ = Histogram();
    const auto before = handled_.load();
    const auto step = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(static_cast<double>(kSpan) / rate));
    const auto started = Clock::now();
    std::int64_t spans = 0;
    for (auto due = started; due < started + duration; due += step, ++spans) {
      pace_.wait_until(due);
      publish(0, kSpan);
    }
    await(before + spans * kSpan);
    const std::lock_guard lock(mutex_);
    return latencies_;
  }

 private:
  void publish(int publisher, int count) {
    std::vector<Event> events;
    const auto now = std::to_string(Clock::now().time_since_epoch().count());
    for (int i = 0; i < count; ++i) {
      const auto number = std::to_string(made_++);
      events.push_back({.id = "event-" + number,
                        .topic = kTopic,
                        .key = std::to_string(publisher) + "-" + std::to_string(i),
                        .payload = now + std::string(kSize - now.size(), ' '),
                        .correlation = {}});
    }
    must(transport_->publish(events, soon()));
  }

  Result<void> handle(std::span<const Event> events) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    for (const auto& event : events) {
      const Clock::time_point sent{Clock::duration(std::stoll(event.payload))};
      latencies_.record(now - sent);
    }
    handled_ += std::ssize(events);
    changed_.notify_all();
    return {};
  }

  void await(std::int64_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, soon(), [&] { return handled_ >= count; })) {
      throw std::runtime_error("not every event arrived");
    }
  }

  plugin::Catalog catalog_ = make_catalog();
  std::atomic<std::int64_t> made_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::int64_t> handled_ = 0;
  Histogram latencies_;
  Pace pace_;
  std::unique_ptr<Transport> transport_;  // Last: it calls handle().
};

void measure(int rounds, int messages) {
  auto& kafka = test::RealKafka::instance();
  if (!kafka.missing().empty()) give_up(kafka.missing());
  double last = 0;
  for (int round = 1; round <= rounds; ++round) {
    for (const int batch : {1, 100}) {
      const auto prefix = "round-" + std::to_string(round) + "-" + std::to_string(batch) + ".";
      const auto raw_prefix = prefix + "raw.";
      Subject(kafka.address(), raw_prefix, batch);  // Makes the topic, alike in all.
      Subject subject(kafka.address(), prefix, batch);
      const KafkaLoad load{.brokers = kafka.address(),
                           .topic = raw_prefix + kTopic,
                           .group = raw_prefix + "loop",
                           .messages = messages,
                           .size = kSize};
      double raw = 0;
      if (round % 2 == 0) raw = raw_kafka_rate(load);
      last = subject.rate(messages);
      if (round % 2 == 1) raw = raw_kafka_rate(load);
      std::printf("through %d %d %.0f %.0f\n", round, batch, last, raw);
      std::fflush(stdout);
    }
  }
  Subject subject(kafka.address(), "latency.", 100);
  const auto times = subject.latencies(last / 2, std::chrono::seconds(5));
  const auto us = [&](std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) / 1000;
  };
  std::printf("latency %.0f %.0f %.0f\n", us(times.quantile(0.5)), us(times.quantile(0.99)),
              us(times.max()));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int rounds = argc > 1 ? std::stoi(argv[1]) : 5;
    const int messages = argc > 2 ? std::stoi(argv[2]) : 200'000;
    if (rounds < 1 || messages < kSpan * kPublishers || argc > 3) {
      throw std::invalid_argument("out of range");
    }
    measure(rounds, messages);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kafka_limit: %s\nusage: kafka_limit [ROUNDS [MESSAGES]]\n", error.what());
    return 1;
  }
  return 0;
}
