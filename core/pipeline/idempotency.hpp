// What makes a request safe to send twice: a fingerprint of what it asks for, and the set of keys
// that are being worked on in this process. The keys of finished requests are in the store,
// committed with their effect; see KeyedOperation.

#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/api/entities.hpp"

namespace stampede::pipeline {

// FNV-1a, 64 bits (Fowler, Noll and Vo; RFC 9923), over the canonical request: its kind, then each
// field in a fixed order, numbers as 8 bytes little endian, text preceded by its length. It is
// stored, so it must never depend on the machine or the build. It tells a repeated request from
// another one; it is no defence against a client that makes collisions on purpose.
class Fingerprint {
 public:
  explicit Fingerprint(RequestRecord::Kind kind) { add(static_cast<std::int64_t>(kind)); }

  Fingerprint& add(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8) add_byte((bits >> shift) & 0xFFU);
    return *this;
  }
  Fingerprint& add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    return *this;
  }

  std::uint64_t value() const { return hash_; }

 private:
  void add_byte(std::uint64_t byte) { hash_ = (hash_ ^ byte) * 0x00000100000001B3ULL; }

  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

// The keys that are being worked on. Safe for concurrent use; outlives its leases.
class InFlightKeys {
 public:
  // The right to work under one key, until it is destroyed.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : keys_(std::exchange(other.keys_, nullptr)), key_(std::move(other.key_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (keys_ != nullptr) keys_->release(key_);
    }

   private:
    friend class InFlightKeys;
    Lease(InFlightKeys* keys, std::string key) : keys_(keys), key_(std::move(key)) {}

    InFlightKeys* keys_;
    std::string key_;
  };

  // Nothing when somebody else works under the key. The empty key is no key: always granted.
  std::optional<Lease> acquire(std::string_view key);

 private:
  void release(const std::string& key);

  std::mutex mutex_;
  std::unordered_set<std::string> keys_;
};

}  // namespace stampede::pipeline
