// A private Apache Kafka broker: one node that is its own controller (KRaft), on free ports of the
// loopback, with a small heap and its log in a throwaway folder. It ends with this object, at once.
// One thread at a time.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/api/result.hpp"
#include "experiments/environment/kafka_files.hpp"
#include "experiments/environment/process.hpp"

namespace stampede::environment {

struct KafkaPlan {
  std::filesystem::path folder;  // Made; below a Scratch.
  std::vector<int> cpus;
  bool outlives = false;  // See Command.
};

class Kafka {
 public:
  // Returns once it answers. kNotFound when Kafka or Java is missing, kUnavailable with the log's
  // last lines when it does not start.
  static Result<Kafka> start(const KafkaPlan& plan, std::chrono::milliseconds patience);

  pid_t pid() const { return process_.pid(); }
  bool alive() { return !process_.poll(); }
  std::string obituary();
  std::string address() const;  // "127.0.0.1:9092", for transport.brokers

  // Stands still, as a server does that swaps: it answers nobody.
  void pause();
  void resume();
  // Ends without a word, as when the machine loses power.
  void kill();
  // After kill(): the same broker with what it has on disk.
  Result<void> restart(std::chrono::milliseconds patience);

  // Lets it run on when this process ends.
  static void leave(Kafka kafka) { Process::leave(std::move(kafka.process_)); }

 private:
  Kafka(Process process, KafkaPlan plan, KafkaFiles files, std::string cluster)
      : process_(std::move(process)),
        plan_(std::move(plan)),
        files_(std::move(files)),
        cluster_(std::move(cluster)) {}
  static Result<Kafka> try_start(const KafkaPlan& plan, std::chrono::milliseconds patience,
                                 bool& port_taken);
  static Result<Process> run(const KafkaPlan& plan, const KafkaFiles& files);
  bool await(std::chrono::milliseconds patience);

  Process process_;
  KafkaPlan plan_;
  KafkaFiles files_;
  std::string cluster_;
};

}  // namespace stampede::environment
