#include "core/server/ranking_config.hpp"

#include "core/server/issuing_config.hpp"

namespace stampede::server {

void read_ranking(PluginReader& reader, const config::Tree& tree, ServerConfig& config,
                  config::Faults& faults) {
  read_unless_store(reader, tree, {plugin::Kind::kRanking, "ranking"}, config.ranking, faults,
                    [&config](config::MapReader& map) {
                      config.ranking_every =
                          map.duration("every", config.ranking_every, std::chrono::milliseconds(1),
                                       std::chrono::hours(1));
                    });
}

}  // namespace stampede::server
