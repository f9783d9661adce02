#include <iostream>

#include "experiments/cli/command_line.hpp"
#include "experiments/cli/subcommands.hpp"

int main(int argc, char** argv) {
  stampede::cli::Console console{std::cout, std::cerr};
  return static_cast<int>(
      stampede::cli::run_command_line(stampede::cli::subcommands(), argc, argv, console));
}
