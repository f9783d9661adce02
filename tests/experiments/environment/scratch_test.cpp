// Throwaway folders go with their owner, or with the next one who comes.

#include "experiments/environment/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/process.hpp"
#include "tests/experiments/environment/private_servers.hpp"

namespace stampede::environment {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ScratchTest : public PrivateServersTest {};

TEST_F(ScratchTest, IsGoneWithItsOwner) {
  {
    const auto scratch = Scratch::make();
    ASSERT_TRUE(scratch) << scratch.error().message;
    EXPECT_EQ(scratch->path().parent_path(), root_);
    std::ofstream(scratch->path() / "file") << "text";
    EXPECT_THAT(remove_abandoned(), IsEmpty());
    EXPECT_TRUE(fs::exists(scratch->path() / "file"));
  }
  EXPECT_TRUE(is_empty());
}

TEST_F(ScratchTest, OfAKilledOwnerIsRemovedByTheNextOneWithTheProcessesInIt) {
  pid_t inside = 0;
  inside = static_cast<pid_t>(told_by_killed_process([](const auto& tell) {
    const auto scratch = Scratch::make();
    Command command{.program = "/bin/sleep", .arguments = {"600"}};
    if (!scratch) return;
    command.directory = scratch->path() / "server";
    fs::create_directory(command.directory);
    command.outlives = true;  // The hard case: nothing else ends it.
    const auto process = Process::start(command);
    if (process) tell(process->pid());
  }));
  ASSERT_GT(inside, 0);
  EXPECT_FALSE(is_empty());
  EXPECT_EQ(::kill(inside, 0), 0);
  EXPECT_EQ(remove_abandoned().size(), 1U);
  EXPECT_TRUE(is_empty());
  EXPECT_TRUE(ask_until(std::chrono::steady_clock::now() + 10s,
                        [&] { return !owner_of(inside).has_value(); }));
}

TEST_F(ScratchTest, LeftToAProcessStaysAsLongAsThat) {
  auto process = Process::start({.program = "/bin/sleep", .arguments = {"600"}});
  ASSERT_TRUE(process);
  auto scratch = Scratch::make();
  ASSERT_TRUE(scratch);
  const auto path = scratch->path();
  const std::vector owners{owner_of(process->pid()).value()};
  ASSERT_TRUE(Scratch::leave_to(std::move(*scratch), owners));
  EXPECT_THAT(remove_abandoned(), IsEmpty());
  process->stop(0ms);
  EXPECT_THAT(remove_abandoned(), ElementsAre(path));
}

TEST_F(ScratchTest, IsNotTakenForAnotherThingWithItsName) {
  fs::create_directory(root_ / "stampede-newborn");  // Without owners yet.
  std::ofstream(root_ / "stampede-file") << "text";
  fs::create_directory_symlink("/var/tmp", root_ / "stampede-link");
  EXPECT_THAT(remove_abandoned(), IsEmpty());
}

TEST(OwnerTest, IsToldFromALaterProcessWithItsNumber) {
  auto owner = this_process();
  EXPECT_TRUE(lives(owner));
  EXPECT_TRUE(lives(owner_from(to_text(owner)).value()));
  owner.started_at += "1";
  EXPECT_FALSE(lives(owner));
  EXPECT_FALSE(owner_from("nonsense"));
}

}  // namespace
}  // namespace stampede::environment
