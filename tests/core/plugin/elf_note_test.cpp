// Reading a note from bytes that nobody vouches for.

#include "core/plugin/elf_note.hpp"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace stampede::plugin {
namespace {

using testing::HasSubstr;

std::vector<char> sample_bytes() {
  std::ifstream in(STAMPEDE_BINARY_DIR "/tests/fixtures/plugins/locks/sample.so", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Through a copy of exactly this size on the heap, so that AddressSanitizer sees a read past its
// end.
Result<Note> read_copy(const std::vector<char>& bytes, std::size_t size) {
  const std::vector<char> copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  return read_note(std::as_bytes(std::span(copy)));
}

class ElfNoteTest : public testing::Test {
 protected:
  Elf64_Ehdr& header() { return *reinterpret_cast<Elf64_Ehdr*>(bytes_.data()); }
  Elf64_Phdr& segment(std::size_t index) {
    return reinterpret_cast<Elf64_Phdr*>(bytes_.data() + header().e_phoff)[index];
  }
  // The offset and size of everything that the reader looks at.
  std::vector<std::pair<std::size_t, std::size_t>> places_read() {
    std::vector<std::pair<std::size_t, std::size_t>> places{
        {0, sizeof(Elf64_Ehdr)}, {header().e_phoff, header().e_phnum * sizeof(Elf64_Phdr)}};
    for (std::size_t i = 0; i < header().e_phnum; ++i) {
      if (segment(i).p_type == PT_NOTE) {
        places.emplace_back(segment(i).p_offset, segment(i).p_filesz);
      }
    }
    return places;
  }

  std::vector<char> bytes_ = sample_bytes();
};

TEST_F(ElfNoteTest, ReadsBackWhatThePluginSays) {
  const auto note = read_copy(bytes_, bytes_.size());
  ASSERT_TRUE(note.has_value()) << note.error().message;
  EXPECT_EQ(note->kind, Kind::kLock);
  EXPECT_STREQ(note->name, "sample");
  EXPECT_STREQ(note->abi_hash, kAbiHash);
  EXPECT_STREQ(note->toolchain, kToolchain);
}

TEST_F(ElfNoteTest, FindsOnePluginInEveryFileItAccepts) {
  const auto twice = read_note(
      std::filesystem::path(STAMPEDE_BINARY_DIR "/tests/fixtures/plugins/locks/two_plugins.so"));
  ASSERT_FALSE(twice.has_value());
  EXPECT_THAT(twice.error().message, HasSubstr("more than one"));
}

TEST_F(ElfNoteTest, RefusesASegmentWhoseEndOverflows) {
  segment(0).p_offset = ~std::uint64_t{0} - 8;
  segment(0).p_filesz = 64;
  segment(0).p_type = PT_LOAD;
  const auto note = read_copy(bytes_, bytes_.size());
  ASSERT_FALSE(note.has_value());
  EXPECT_THAT(note.error().message, HasSubstr("truncated"));
}

TEST_F(ElfNoteTest, RefusesProgramHeadersBeyondTheAddressSpace) {
  header().e_phoff = ~std::uint64_t{0} - 8;
  EXPECT_FALSE(read_copy(bytes_, bytes_.size()).has_value());
}

TEST_F(ElfNoteTest, RefusesEveryTruncation) {
  std::mt19937_64 random(20260101);
  for (std::size_t size = 0; size < 1500; ++size) {
    EXPECT_FALSE(read_copy(bytes_, size).has_value()) << size;
  }
  std::uniform_int_distribution<std::size_t> any_size(0, bytes_.size() - 1);
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(read_copy(bytes_, any_size(random)).has_value());
}

// Each run changes up to eight bytes, most of them where the reader looks, and sometimes cuts the
// end off. Whatever it says about the result, it neither crashes nor reads past the end, and what
// it accepts has texts that end.
TEST_F(ElfNoteTest, SurvivesThousandsOfSeededMutations) {
  std::mt19937_64 random(42);
  const auto places = places_read();
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  std::set<std::string> reasons;
  int accepted = 0;
  const std::vector<char> whole = bytes_;
  // The reader looks at the head of the file and at its notes; a copy of all of it for each
  // mutation would only move debug information around. The section table goes with the rest.
  const auto head = static_cast<std::size_t>(places.back().first + places.back().second) + 512;
  for (int run = 0; run < 20'000; ++run) {
    std::vector<char> mutated(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(head));
    auto& elf = *reinterpret_cast<Elf64_Ehdr*>(mutated.data());
    elf.e_shoff = 0;
    auto* const segments = reinterpret_cast<Elf64_Phdr*>(mutated.data() + elf.e_phoff);
    for (std::size_t i = 0; i < elf.e_phnum; ++i) {
      if (segments[i].p_type != PT_NOTE) segments[i].p_offset = segments[i].p_filesz = 0;
    }
    for (auto changes = 1 + below(8); changes > 0; --changes) {
      const auto& [offset, size] = places[below(places.size())];
      const auto at = below(4) == 0 ? below(head) : offset + below(size);
      mutated[at] = below(2) == 0 ? static_cast<char>(mutated[at] ^ (1 << below(8)))
                                  : static_cast<char>(random());
    }
    const auto note = read_copy(mutated, below(8) == 0 ? below(head) : head);
    if (note) {
      ++accepted;
      EXPECT_LT(strnlen(note->name, sizeof note->name), sizeof note->name);
      EXPECT_LT(strnlen(note->toolchain, sizeof note->toolchain), sizeof note->toolchain);
    } else {
      reasons.insert(note.error().message.substr(0, 12));
    }
  }
  // The mutations reached both ends: some harmless, and many different refusals.
  EXPECT_GT(accepted, 100);
  EXPECT_GT(reasons.size(), 5U);
}

}  // namespace
}  // namespace stampede::plugin
