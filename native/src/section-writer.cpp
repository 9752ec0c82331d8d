#include "section-writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace provega {

namespace {

constexpr size_t BUFFER = size_t{1} << 20;
/// Offset of the number of sections.
constexpr uint64_t COUNT = 8;

/// No other writer of this process or another one uses the same name.
std::string besides(const std::string& path) {
  static std::atomic<unsigned> writers{0};
  return path + "." + std::to_string(::getpid()) + "-" + std::to_string(writers++) + ".tmp";
}

}  // namespace

SectionWriter::SectionWriter(const std::string& path, FileKind kind)
    : path_(path),
      temporary_(besides(path)),
      fd_(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (fd_ < 0) unwritable();
  buffer_.reserve(BUFFER);
  write(nameOf(kind), 4);
  u32(versionOf(kind));
  u32(0);
}

SectionWriter::~SectionWriter() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void SectionWriter::section(uint32_t id) {
  endSection();
  const uint64_t size = 0;
  u32(id);
  write(&size, sizeof size);
  sectionStart_ = position();
  count_++;
}

void SectionWriter::endSection() {
  if (count_ == 0) return;
  const uint64_t size = position() - sectionStart_;
  overwrite(sectionStart_ - sizeof size, &size, sizeof size);
}

void SectionWriter::write(const void* data, size_t size) {
  if (buffer_.size() + size > BUFFER) flush();
  const uint8_t* bytes = static_cast<const uint8_t*>(data);
  if (size < BUFFER) {
    buffer_.insert(buffer_.end(), bytes, bytes + size);
  } else {
    writeAt(at_, bytes, size);
    at_ += size;
  }
}

void SectionWriter::overwrite(uint64_t position, const void* data, size_t size) {
  flush();
  writeAt(position, static_cast<const uint8_t*>(data), size);
}

void SectionWriter::flush() {
  writeAt(at_, buffer_.data(), buffer_.size());
  at_ += buffer_.size();
  buffer_.clear();
}

void SectionWriter::writeAt(uint64_t position, const uint8_t* data, size_t size) {
  while (size > 0) {
    const ssize_t written = ::pwrite(fd_, data, size, static_cast<off_t>(position));
    if (written < 0) {
      if (errno == EINTR) continue;
      unwritable();
    }
    data += written;
    position += static_cast<uint64_t>(written);
    size -= static_cast<size_t>(written);
  }
}

void SectionWriter::commit() {
  endSection();
  overwrite(COUNT, &count_, sizeof count_);
  if (::fsync(fd_) != 0 || std::rename(temporary_.c_str(), path_.c_str()) != 0) unwritable();
  ::close(fd_);
  fd_ = -1;
}

void SectionWriter::unwritable() const { throw Error("FileUnwritable", path_ + ": " + std::strerror(errno)); }

}  // namespace provega
