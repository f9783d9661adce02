// Which services a process hosts and where the others are: what is taken, and what is refused in
// which words.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/server/config.hpp"
#include "core/server/layers.hpp"

namespace stampede::server {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::optional<ParsedConfig> parse(const std::string& text, config::Faults& faults) {
  const auto tree = config::parse_yaml(text +
                                           "\ntopology: services\nstore: {use: memory}\n"
                                           "plugins: [" STAMPEDE_PLUGIN_DIR "]\n",
                                       "server.yaml", faults);
  return tree ? parse_config(*tree, faults) : std::nullopt;
}

ParsedConfig parsed(const std::string& text) {
  config::Faults faults;
  auto config = parse(text, faults);
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  return config.value_or(ParsedConfig{});
}

std::string faults_of(const std::string& text) {
  config::Faults faults;
  EXPECT_FALSE(parse(text, faults));
  return config::describe(faults);
}

TEST(ServicesConfig, HostsAllOfThemUnlessToldOtherwise) {
  EXPECT_TRUE(parsed("").config.services.all());
  EXPECT_TRUE(parsed("services: all").config.services.all());
  EXPECT_TRUE(
      parsed("services: [order, user, product, coupon, user-coupon]").config.services.all());
}

TEST(ServicesConfig, TakesSomeOfThemAndWhereTheOthersAre) {
  const auto all = parsed(
      "services: [user-coupon, order]\ntransport: {use: http}\n"
      "service_listener: {address: 127.0.0.2, port: 9000}\n"
      "peers: [http://127.0.0.1:9001/, \"http://[::1]:9002\"]");
  EXPECT_EQ(saga::names_of(all.config.services), "order, user-coupon");
  EXPECT_EQ(all.config.service_listener.address, "127.0.0.2");
  EXPECT_EQ(all.config.service_listener.port, 9000);
  EXPECT_THAT(all.config.peers, ElementsAre("http://127.0.0.1:9001", "http://[::1]:9002"));
  config::Faults faults;
  const auto again = parse_config(all.printable, faults);
  ASSERT_TRUE(again) << config::describe(faults);
  EXPECT_EQ(again->config.services, all.config.services);
  EXPECT_EQ(again->config.peers, all.config.peers);
}

TEST(ServicesConfig, OneListOfPeersIsTheTransportsToo) {
  const auto given = parsed("transport: {use: http}\npeers: [http://a:1, http://b:2]");
  EXPECT_EQ(given.config.transport.settings.at("peers"), "http://a:1,http://b:2");
  const auto own = parsed("transport: {use: http, peers: \"http://c:3\"}\npeers: [http://a:1]");
  EXPECT_EQ(own.config.transport.settings.at("peers"), "http://c:3");
  EXPECT_TRUE(parsed("peers: [http://a:1]").config.transport.settings.empty());
}

TEST(ServicesConfig, RefusesWhatIsNoService) {
  EXPECT_THAT(faults_of("services: [order, usr]\ntransport: {use: http}"),
              AllOf(HasSubstr("server.yaml:1: services: "), HasSubstr("got \"usr\""),
                    HasSubstr("did you mean \"user\"?")));
  EXPECT_THAT(faults_of("services: al"), HasSubstr("did you mean \"all\"?"));
  EXPECT_THAT(faults_of("services: [order, order]\ntransport: {use: http}"),
              HasSubstr("order is named twice"));
  EXPECT_THAT(faults_of("services: []"), HasSubstr("at least one"));
}

TEST(ServicesConfig, RefusesATransportThatCannotLeaveTheProcess) {
  EXPECT_THAT(faults_of("services: [order, user]\ntransport: {use: inline}"),
              AllOf(HasSubstr("server.yaml:2: transport.use: "),
                    HasSubstr("inline carries events within one process"),
                    HasSubstr("this one hosts only: order, user"), HasSubstr("http or kafka")));
}

TEST(ServicesConfig, RefusesWhatIsNoAddress) {
  for (const auto* url : {"127.0.0.1:9001", "https://127.0.0.1:9001", "http://127.0.0.1",
                          "http://127.0.0.1:0", "http://127.0.0.1:9001/events", "http://:9001"}) {
    EXPECT_THAT(faults_of(std::string("peers: [\"") + url + "\"]"),
                AllOf(HasSubstr("server.yaml:1: peers: "), HasSubstr(url)));
  }
}

TEST(ServicesConfig, RefusesPartsWhereThereIsOnlyOneWhole) {
  config::Faults faults;
  const auto tree = config::parse_yaml(
      "services: [order]\npeers: [http://a:1]\nstore: {use: memory}\n"
      "plugins: [" STAMPEDE_PLUGIN_DIR "]\n",
      "server.yaml", faults);
  EXPECT_FALSE(parse_config(*tree, faults));
  EXPECT_EQ(config::describe(faults),
            "server.yaml:1: services: some of the services: needs topology: services\n"
            "server.yaml:2: peers: needs topology: services\n");
}

TEST(ServicesConfig, ComesFromTheEnvironmentToo) {
  config::Faults faults;
  const auto layer = environment_layer({{"STAMPEDE_SERVICES", "[order, user]"},
                                        {"STAMPEDE_PEERS", "[http://a:1]"},
                                        {"STAMPEDE_SERVICE_LISTENER__PORT", "9000"}},
                                       faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(layer.at("services")->items.size(), 2U);
  EXPECT_EQ(layer.at("peers")->items.size(), 1U);
  EXPECT_EQ(layer.at("service_listener.port")->scalar, "9000");
}

}  // namespace
}  // namespace stampede::server
