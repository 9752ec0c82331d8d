/// Writes files of sections, as section-file.hpp reads them.
#pragma once

#include "section-file.hpp"

namespace provega {

/// Writes beside the file it is to become and renames when all is done, so that nobody ever opens half a file, and
/// whoever has the old one open keeps it. Without `commit` nothing is left behind. Throws FileUnwritable.
class SectionWriter {
 public:
  SectionWriter(const std::string& path, FileKind kind);
  ~SectionWriter();
  SectionWriter(const SectionWriter&) = delete;
  SectionWriter& operator=(const SectionWriter&) = delete;

  /// Begins a section, which lasts until the next one or `commit`.
  void section(uint32_t id);
  void write(const void* data, size_t size);
  void u32(uint32_t value) { write(&value, sizeof value); }
  /// Where the next byte goes.
  uint64_t position() const { return at_ + buffer_.size(); }
  /// Replaces bytes that were written earlier, such as a count that is known only at the end.
  void overwrite(uint64_t position, const void* data, size_t size);

  /// Makes the content durable and gives the file its name.
  void commit();

 private:
  void endSection();
  void flush();
  void writeAt(uint64_t position, const uint8_t* data, size_t size);
  [[noreturn]] void unwritable() const;

  std::string path_, temporary_;
  int fd_;
  uint64_t at_ = 0;  // flushed so far
  std::vector<uint8_t> buffer_;
  uint32_t count_ = 0;
  uint64_t sectionStart_ = 0;
};

}  // namespace provega
