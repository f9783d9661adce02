// Who a throwaway thing belongs to: a process of this machine, told from a later one with the same
// number by the moment it began. Pure readings; safe to call from any thread.

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace stampede::environment {

struct Owner {
  pid_t pid = 0;
  std::string boot;        // Of the kernel: numbers begin anew with the next one.
  std::string started_at;  // In clock ticks since then.
};

// Nothing when there is no such process.
std::optional<Owner> owner_of(pid_t pid);
Owner this_process();

bool lives(const Owner& owner);

// "4711 123456 <boot>", and back.
std::string to_text(const Owner& owner);
std::optional<Owner> owner_from(const std::string& text);

}  // namespace stampede::environment
