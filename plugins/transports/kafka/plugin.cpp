// Exports the Kafka transport.

#include "core/plugin/export.hpp"
#include "plugins/transports/kafka/transport.hpp"

STAMPEDE_PLUGIN(stampede::transports::kafka::KafkaTransport, stampede::Transport, "kafka",
                "Apache Kafka: accepted when the broker has acknowledged, handled later",
                stampede::transports::kafka::kOptions)
