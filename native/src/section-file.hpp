/// The container of zkey, wtns, r1cs and ptau files: magic, version, number of sections, then per section its number
/// (4 bytes), its size (8 bytes) and its content, all little endian. iden3 calls it binfile.
///
/// A file is mapped, not read. It must not change while it is open: the readers' checks would no longer hold, and
/// touching what was cut off ends the process (SIGBUS). Whoever replaces a file renames a new one over it, as
/// SectionWriter does; the mapping then keeps the old one.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "error.hpp"

namespace provega {

static_assert(std::endian::native == std::endian::little && sizeof(size_t) == 8, "files are used as they lie");

enum class FileKind { Zkey, Wtns, R1cs, Ptau };

/// "zkey", "wtns", "r1cs" or "ptau": the magic too.
const char* nameOf(FileKind kind);
/// The newest version of the format that the readers know and writers write.
uint32_t versionOf(FileKind kind);

struct Section {
  uint32_t id;
  /// Of the content.
  uint64_t offset, size;
};

class SectionFile {
 public:
  /// Throws FileUnreadable, UnknownFile if `path` is of no kind, or as the other `open`.
  static SectionFile open(const std::string& path);
  /// Throws FileUnreadable, or BadZkey, BadWtns, BadR1cs, BadPtau.
  static SectionFile open(const std::string& path, FileKind kind);
  /// Reads from memory, which must outlive the file and every view of it. Errors call it `name`.
  static SectionFile over(const uint8_t* data, size_t size, FileKind kind, const std::string& name);

  FileKind kind() const { return kind_; }
  uint32_t version() const { return version_; }
  const std::string& name() const { return name_; }
  /// In the order of the file, no number twice, each wholly inside it.
  const std::vector<Section>& sections() const { return sections_; }
  bool has(uint32_t id) const;
  /// Refuses the file if it lacks the section.
  const Section& section(uint32_t id) const;
  const uint8_t* content(const Section& section) const { return data_.get() + section.offset; }
  /// Gives back the memory that a large file takes up since it was read. It is there for reading as before.
  void release() const;

  /// Throws what is wrong at `offset`.
  [[noreturn]] void refuse(uint64_t offset, const std::string& why) const;
  [[noreturn]] void refuse(const uint8_t* at, const std::string& why) const;

 private:
  SectionFile(std::shared_ptr<const uint8_t> data, size_t size, std::string name);
  void readTable();
  void setKind(FileKind kind);
  static SectionFile map(const std::string& path);

  std::shared_ptr<const uint8_t> data_;
  size_t size_;
  std::string name_;
  bool isMapped_ = false;
  FileKind kind_{};
  uint32_t version_{};
  std::vector<Section> sections_;
};

/// Reads fields one after the other, never beyond the end of a section.
class SectionCursor {
 public:
  SectionCursor(const SectionFile& file, uint32_t id);

  /// The next `size` bytes. `what` completes "section 2 ends within ...".
  const uint8_t* take(uint64_t size, const char* what);
  /// A cursor over the next `size` bytes alone.
  SectionCursor part(uint64_t size, const char* what);
  uint8_t u8(const char* what);
  uint32_t u32(const char* what);
  uint64_t u64(const char* what);
  const uint8_t* at() const { return at_; }
  uint64_t left() const { return static_cast<uint64_t>(end_ - at_); }
  /// Refuses bytes that no field has claimed.
  void end() const;

 private:
  SectionCursor(const SectionFile& file, const std::string& name, const uint8_t* at, uint64_t size);

  const SectionFile& file_;
  std::string name_;
  const uint8_t* at_;
  const uint8_t* end_;
};

}  // namespace provega
