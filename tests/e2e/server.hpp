// A real stampede-server with a small sale, and requests to it as bytes.

#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/config/tree.hpp"
#include "experiments/environment/server.hpp"
#include "tests/contract/raw_client.hpp"
#include "tests/e2e/support.hpp"

namespace stampede::e2e {

// `yaml` is its configuration; users 1..20 and products 1..3 exist.
class Sale {
 public:
  explicit Sale(const std::string& yaml) : server_(start(folder_, yaml)) {
    const auto seeded = server_.seed(
        R"({"users":20,"balance":1000000,"products":3,"stock":100,"price":100})", kPatience);
    if (!seeded) throw std::runtime_error(seeded.error().message);
  }

  environment::Server& server() { return server_; }
  const Folder& folder() const { return folder_; }
  std::uint16_t port() const {
    return static_cast<std::uint16_t>(
        std::stoi(server_.url().substr(server_.url().rfind(':') + 1)));
  }

  // The answer to one request on a connection of its own.
  testing::RawResponse send(const std::string& request) const {
    testing::RawClient client(port());
    client.send(request);
    auto response = client.receive(kPatience);
    EXPECT_TRUE(response) << "no answer to " << request.substr(0, 200);
    return response.value_or(testing::RawResponse{});
  }

 private:
  static environment::Server start(const Folder& folder, const std::string& yaml) {
    config::Faults faults;
    auto config = config::parse_yaml(yaml, "server.yaml", faults);
    if (!config) throw std::runtime_error(config::describe(faults));
    if (const auto* store = config->at("store.use"); store && store->scalar == "sqlite") {
      config::set_at(*config, "store.path",
                     config::Tree::scalar_of((folder.path() / "sale.db").string()));
    }
    auto server = environment::Server::start({.program = STAMPEDE_BINARY_DIR "/stampede-server",
                                              .config = std::move(*config),
                                              .folder = folder.path() / "server"},
                                             kPatience);
    if (!server) throw std::runtime_error(server.error().message);
    return std::move(*server);
  }

  const Folder folder_;
  environment::Server server_;
};

inline constexpr const char* kJson = "Content-Type: application/json\r\n";

inline std::string order(const std::string& body, const std::string& headers = "") {
  return testing::post("/api/v1/orders", body, kJson + headers);
}

// The stable code of a problem; "" when the body is none.
inline std::string code_of(const testing::RawResponse& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  return body.is_object() ? body.value("code", "") : "";
}

}  // namespace stampede::e2e
