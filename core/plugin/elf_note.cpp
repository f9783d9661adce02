#include "core/plugin/elf_note.hpp"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace stampede::plugin {

namespace {

using Bytes = std::span<const std::byte>;

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
constexpr char kMachineName[] = "x86-64";
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
constexpr char kMachineName[] = "AArch64";
#else
#error "Say which ELF machine this is."
#endif
static_assert(std::endian::native == std::endian::little);

Unexpected refuse(std::string reason) { return fail(ErrorCode::kInvalid, std::move(reason)); }

std::optional<Bytes> slice(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
  return bytes.subspan(offset, size);
}

// Copies, because nothing says that the bytes are aligned.
template <typename T>
std::optional<T> read_as(Bytes bytes, std::uint64_t offset) {
  const auto from = slice(bytes, offset, sizeof(T));
  if (!from) return std::nullopt;
  T value;
  std::memcpy(&value, from->data(), sizeof(T));
  return value;
}

Unexpected truncated(Bytes file, const std::string& part) {
  return refuse("is truncated: its " + part + " lie beyond the end of the file at " +
                std::to_string(file.size()) + " bytes");
}

// Magic, class, machine, type: what every later offset relies on.
Result<Elf64_Ehdr> read_header(Bytes file) {
  if (file.empty()) return refuse("is empty");
  const auto magic = slice(file, 0, SELFMAG);
  if (!magic || std::memcmp(magic->data(), ELFMAG, SELFMAG) != 0) {
    return refuse("is not a shared library (not an ELF file)");
  }
  const auto header = read_as<Elf64_Ehdr>(file, 0);
  if (!header) return truncated(file, "headers");
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
      header->e_machine != kMachine) {
    return refuse("is for another machine (ELF machine " + std::to_string(header->e_machine) +
                  ", " + (header->e_ident[EI_CLASS] == ELFCLASS64 ? "64" : "32") +
                  " bit), this build needs " + kMachineName + " (ELF machine " +
                  std::to_string(kMachine) + ", 64 bit)");
  }
  if (header->e_type != ET_DYN) return refuse("is an ELF file but not a shared library");
  if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0) {
    return refuse("is damaged: its program headers make no sense");
  }
  return *header;
}

// The program headers, once everything that the loader would map is known to be in the file. The
// section headers stand at the end of a file, so they tell when a copy was cut short.
Result<std::vector<Elf64_Phdr>> read_segments(Bytes file, const Elf64_Ehdr& header) {
  std::vector<Elf64_Phdr> segments;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    if (header.e_phoff > file.size()) return truncated(file, "program headers");
    const auto segment = read_as<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return truncated(file, "program headers");
    const bool is_read =
        segment->p_type == PT_LOAD || segment->p_type == PT_NOTE || segment->p_type == PT_DYNAMIC;
    if (is_read && !slice(file, segment->p_offset, segment->p_filesz)) {
      return truncated(file, "segments");
    }
    segments.push_back(*segment);
  }
  const std::uint64_t sections_size = std::uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff != 0 && !slice(file, header.e_shoff, sections_size)) {
    return truncated(file, "section headers");
  }
  return segments;
}

template <std::size_t size>
bool is_text(const char (&field)[size]) {
  const auto* const end = std::find(field, field + size, '\0');
  return end != field + size &&
         std::all_of(field, end, [](char c) { return c >= ' ' && c <= '~'; });
}

// With its final zero byte.
bool is_our_name(Bytes owner) {
  return owner.size() == kNoteOwner.size() + 1 &&
         std::memcmp(owner.data(), kNoteOwner.data(), kNoteOwner.size()) == 0;
}

// Walks the notes of one segment (System V ABI, "Note Section") and collects ours.
Result<void> collect_notes(Bytes segment, std::uint64_t alignment, std::vector<Note>& found) {
  const auto pad = [alignment](std::uint64_t size) {
    return (size + alignment - 1) / alignment * alignment;
  };
  for (;;) {
    const auto header = read_as<Elf64_Nhdr>(segment, 0);
    if (!header) return {};  // What is left is padding, or nothing.
    const auto payload = pad(sizeof(Elf64_Nhdr) + std::uint64_t{header->n_namesz});
    const auto owner = slice(segment, sizeof(Elf64_Nhdr), header->n_namesz);
    if (!owner || !slice(segment, payload, header->n_descsz)) {
      return refuse("is damaged: one of its notes is longer than the segment that holds it");
    }
    if (is_our_name(*owner)) {
      const auto note = read_as<Note>(segment, 0);
      if (header->n_type != kNoteType || header->n_descsz != sizeof(Note) - kNotePayload || !note) {
        return refuse("carries a plugin note of another form than this build reads; rebuild it");
      }
      if (!is_text(note->abi_hash) || !is_text(note->toolchain) || !is_text(note->name)) {
        return refuse("is damaged: its plugin note holds what is not text");
      }
      found.push_back(*note);
    }
    segment =
        segment.subspan(std::min<std::uint64_t>(payload + pad(header->n_descsz), segment.size()));
  }
}

}  // namespace

Result<Note> read_note(Bytes file) {
  const auto header = read_header(file);
  if (!header) return Unexpected(header.error());
  const auto segments = read_segments(file, *header);
  if (!segments) return Unexpected(segments.error());

  std::vector<Note> notes;
  for (const auto& segment : *segments) {
    if (segment.p_type != PT_NOTE) continue;
    const auto bytes = file.subspan(segment.p_offset, segment.p_filesz);
    const auto collected = collect_notes(bytes, segment.p_align == 8 ? 8 : 4, notes);
    if (!collected) return Unexpected(collected.error());
  }
  if (notes.empty()) return refuse("is a shared library but not a Stampede plugin");
  if (notes.size() > 1) return refuse("holds more than one plugin; link each into its own file");
  return notes.front();
}

Result<Note> read_note(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return refuse("does not exist");
  if (std::filesystem::is_directory(status)) return refuse("is a directory, not a plugin");
  if (!std::filesystem::is_regular_file(status)) return refuse("is not a regular file");
  const auto size = std::filesystem::file_size(path, error);
  if (error) return refuse("cannot be read: " + error.message());
  if (size == 0) return read_note(Bytes());  // An empty file cannot be mapped.

  namespace ipc = boost::interprocess;
  try {
    const ipc::file_mapping mapping(path.c_str(), ipc::read_only);
    const ipc::mapped_region region(mapping, ipc::read_only);
    return read_note(Bytes(static_cast<const std::byte*>(region.get_address()), region.get_size()));
  } catch (const ipc::interprocess_exception& failure) {
    return refuse(std::string("cannot be read: ") + failure.what());
  }
}

}  // namespace stampede::plugin
