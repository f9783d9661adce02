// Where the programs of a private Kafka are, and making its files. What Kafka's storage tool writes
// is kept in the cache, by Kafka's version, and copied: the tool takes a second.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/api/result.hpp"

namespace stampede::environment {

struct KafkaPrograms {
  std::filesystem::path java;
  std::filesystem::path jars;  // The folder of Kafka's jar and of all that it needs.
  std::string version;

  // For Java: Kafka's classes, in a small machine.
  std::vector<std::string> arguments() const;
};

// The jars of $STAMPEDE_KAFKA_HOME, else those that ./dev setup puts into the cache. kNotFound, in
// one line, when they or Java are not there.
Result<KafkaPrograms> find_kafka();

struct KafkaFiles {
  KafkaPrograms programs;
  std::filesystem::path folder;  // Exists; gets `data` and `server.properties`.
  int port = 0;
  int controller_port = 0;
};

// Returns the cluster's id, which no other cluster has.
Result<std::string> make_kafka_files(const KafkaFiles& files);

}  // namespace stampede::environment
