// The description and the routes say the same: every route, method and status, both ways.

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "core/config/text.hpp"
#include "core/http/problem.hpp"
#include "core/http/route.hpp"

namespace stampede::http {
namespace {

// "POST /orders" -> its statuses.
using Described = std::map<std::string, std::set<int>>;

const YAML::Node& description() {
  static const auto node = YAML::LoadFile(STAMPEDE_SOURCE_DIR "/core/http/openapi.yaml");
  return node;
}

Described described() {
  Described operations;
  for (const auto& path : description()["paths"]) {
    for (const auto& operation : path.second) {
      auto method = operation.first.as<std::string>();
      std::transform(method.begin(), method.end(), method.begin(),
                     [](char c) { return static_cast<char>(c - 'a' + 'A'); });
      auto& statuses = operations[method + " " + path.first.as<std::string>()];
      for (const auto& response : operation.second["responses"]) {
        statuses.insert(response.first.as<int>());
      }
    }
  }
  return operations;
}

TEST(OpenApi, DescribesEveryRouteWithExactlyItsStatuses) {
  Described served;
  for (const auto& route : routes()) {
    served[std::string(route.name)] = {route.statuses.begin(), route.statuses.end()};
  }
  EXPECT_EQ(described(), served);
}

TEST(OpenApi, ListsEveryProblemCode) {
  std::set<std::string> listed;
  for (const auto& code :
       description()["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) {
    listed.insert(code.as<std::string>());
  }
  std::set<std::string> known;
  for (const auto& problem : problem_types()) known.emplace(problem.code);
  EXPECT_EQ(listed, known);
}

TEST(OpenApi, NamesAPathParameterForEachSegmentInBraces) {
  const auto parameters = description()["components"]["parameters"];
  for (const auto& path : description()["paths"]) {
    const auto pattern = path.first.as<std::string>();
    for (const auto& operation : path.second) {
      std::string named;
      for (const auto& reference : operation.second["parameters"]) {
        const auto name = reference["$ref"].as<std::string>();
        const auto parameter = parameters[name.substr(name.rfind('/') + 1)];
        ASSERT_TRUE(parameter) << name;
        if (parameter["in"].as<std::string>() == "path")
          named += parameter["name"].as<std::string>();
      }
      const auto brace = pattern.find('{');
      const auto expected = brace == std::string::npos
                                ? ""
                                : pattern.substr(brace + 1, pattern.find('}') - brace - 1);
      EXPECT_EQ(named, expected) << pattern;
    }
  }
}

// Each reference is "#/components/<kind>/<name>".
void expect_resolved(const YAML::Node& node) {
  if (node.IsMap()) {
    for (const auto& entry : node) {
      if (entry.first.as<std::string>() != "$ref") {
        expect_resolved(entry.second);
        continue;
      }
      const auto parts = config::split(entry.second.as<std::string>(), '/');
      ASSERT_EQ(parts.size(), 4U) << entry.second;
      EXPECT_TRUE(description()["components"][parts[2]][parts[3]]) << entry.second;
    }
  } else if (node.IsSequence()) {
    for (const auto& item : node) expect_resolved(item);
  }
}

TEST(OpenApi, DefinesWhateverItRefersTo) { expect_resolved(description()); }

}  // namespace
}  // namespace stampede::http
