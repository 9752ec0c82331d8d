#include "section-file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace provega {

namespace {

struct Format {
  FileKind kind;
  const char* magic;
  const char* refusal;
  uint32_t version;
};
constexpr Format FORMATS[] = {
    {FileKind::Zkey, "zkey", "BadZkey", 1},
    {FileKind::Wtns, "wtns", "BadWtns", 2},
    {FileKind::R1cs, "r1cs", "BadR1cs", 1},
    {FileKind::Ptau, "ptau", "BadPtau", 1},
};
const Format& formatOf(FileKind kind) { return FORMATS[static_cast<size_t>(kind)]; }

/// Of the file, and of each section.
constexpr size_t HEAD = 12;
/// No kind has more than 15. Bounds the work that a table without content can cause.
constexpr uint32_t MAX_SECTIONS = 64;
/// Of a smaller file all may stay in memory: finding it again takes 0.2 ms per MB.
constexpr size_t KEPT_BYTES = size_t{256} << 20;

template <class T>
T load(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

[[noreturn]] void unreadable(const std::string& path) {
  throw Error("FileUnreadable", path + ": " + std::strerror(errno));
}

struct Descriptor {
  int fd;
  ~Descriptor() { ::close(fd); }
};

}  // namespace

const char* nameOf(FileKind kind) { return formatOf(kind).magic; }
uint32_t versionOf(FileKind kind) { return formatOf(kind).version; }

SectionFile::SectionFile(std::shared_ptr<const uint8_t> data, size_t size, std::string name)
    : data_(std::move(data)), size_(size), name_(std::move(name)) {}

SectionFile SectionFile::map(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) unreadable(path);
  struct stat facts;
  if (::fstat(file.fd, &facts) != 0) unreadable(path);
  if (!S_ISREG(facts.st_mode)) throw Error("FileUnreadable", path + ": not a regular file");
  const size_t size = static_cast<size_t>(facts.st_size);
  if (size == 0) return {nullptr, 0, path};  // cannot be mapped
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) unreadable(path);
  const auto unmap = [size](const uint8_t* mapped) { ::munmap(const_cast<uint8_t*>(mapped), size); };
  SectionFile out(std::shared_ptr<const uint8_t>(static_cast<const uint8_t*>(data), unmap), size, path);
  out.isMapped_ = true;
  return out;
}

SectionFile SectionFile::open(const std::string& path) {
  SectionFile file = map(path);
  for (const Format& format : FORMATS)
    if (file.size_ >= 4 && std::memcmp(file.data_.get(), format.magic, 4) == 0) {
      file.setKind(format.kind);
      return file;
    }
  throw Error("UnknownFile", path + " is no zkey, wtns, r1cs or ptau file");
}

SectionFile SectionFile::open(const std::string& path, FileKind kind) {
  SectionFile file = map(path);
  file.setKind(kind);
  return file;
}

SectionFile SectionFile::over(const uint8_t* data, size_t size, FileKind kind, const std::string& name) {
  SectionFile file({std::shared_ptr<void>(), data}, size, name);
  file.setKind(kind);
  return file;
}

void SectionFile::setKind(FileKind kind) {
  kind_ = kind;
  readTable();
}

void SectionFile::readTable() {
  const Format& format = formatOf(kind_);
  if (size_ < HEAD) refuse(size_, "cut short: a file begins with 12 bytes of magic, version and number of sections");
  const uint8_t* data = data_.get();
  if (std::memcmp(data, format.magic, 4) != 0) refuse(uint64_t{0}, std::string("not a ") + format.magic + " file");
  version_ = load<uint32_t>(data + 4);
  if (version_ < 1 || version_ > format.version)
    refuse(4, "version " + std::to_string(version_) + ", expected at most " + std::to_string(format.version));
  const uint32_t count = load<uint32_t>(data + 8);
  if (count > MAX_SECTIONS)
    refuse(8, std::to_string(count) + " sections, expected at most " + std::to_string(MAX_SECTIONS));

  uint64_t at = HEAD;  // never beyond size_
  for (uint32_t i = 0; i < count; i++) {
    const std::string ordinal = std::to_string(i + 1) + " of " + std::to_string(count) + " sections";
    if (size_ - at < HEAD) refuse(at, "cut short: no room for the head of " + ordinal);
    const Section section{load<uint32_t>(data + at), at + HEAD, load<uint64_t>(data + at + 4)};
    if (has(section.id)) refuse(at, "section " + std::to_string(section.id) + " is there twice");
    if (section.size > size_ - section.offset)
      refuse(at + 4, "cut short: section " + std::to_string(section.id) + " has " + std::to_string(section.size) +
                         " bytes, of which the file has " + std::to_string(size_ - section.offset));
    sections_.push_back(section);
    at = section.offset + section.size;
  }
}

bool SectionFile::has(uint32_t id) const {
  return std::any_of(sections_.begin(), sections_.end(), [id](const Section& each) { return each.id == id; });
}

const Section& SectionFile::section(uint32_t id) const {
  for (const Section& each : sections_)
    if (each.id == id) return each;
  refuse(8, "has no section " + std::to_string(id));
}

void SectionFile::release() const {
  // Of memory that is no file's it would wipe the content.
  if (isMapped_ && size_ > KEPT_BYTES) ::madvise(const_cast<uint8_t*>(data_.get()), size_, MADV_DONTNEED);
}

void SectionFile::refuse(uint64_t offset, const std::string& why) const {
  const Format& format = formatOf(kind_);
  throw Error(format.refusal, name_ + " (" + format.magic + ") at byte " + std::to_string(offset) + ": " + why);
}

void SectionFile::refuse(const uint8_t* at, const std::string& why) const {
  refuse(static_cast<uint64_t>(at - data_.get()), why);
}

SectionCursor::SectionCursor(const SectionFile& file, uint32_t id)
    : SectionCursor(file, "section " + std::to_string(id), file.content(file.section(id)), file.section(id).size) {}

SectionCursor::SectionCursor(const SectionFile& file, const std::string& name, const uint8_t* at, uint64_t size)
    : file_(file), name_(name), at_(at), end_(at + size) {}

const uint8_t* SectionCursor::take(uint64_t size, const char* what) {
  if (left() < size) file_.refuse(at_, name_ + " ends within " + what);
  return std::exchange(at_, at_ + size);
}

SectionCursor SectionCursor::part(uint64_t size, const char* what) { return {file_, what, take(size, what), size}; }

uint8_t SectionCursor::u8(const char* what) { return *take(1, what); }

uint32_t SectionCursor::u32(const char* what) { return load<uint32_t>(take(4, what)); }

uint64_t SectionCursor::u64(const char* what) { return load<uint64_t>(take(8, what)); }

void SectionCursor::end() const {
  if (left() != 0) file_.refuse(at_, name_ + " has " + std::to_string(left()) + " bytes more than its fields");
}

}  // namespace provega
