// A gate in the memory of the process: exact, and for one process only. What it knows ends with the
// process; the next one starts closed and is loaded from the store.

#include "core/plugin/export.hpp"
#include "plugins/gates/hall.hpp"
#include "plugins/gates/in_memory.hpp"

namespace {

class Memory final : public stampede::gates::InMemory<stampede::gates::Hall> {
 public:
  explicit Memory(const stampede::PluginConfig&) {}
};

}  // namespace

STAMPEDE_PLUGIN(Memory, stampede::Gate, "memory", "In the memory of one process: exact and fast",
                stampede::plugin::kNoOptions)
