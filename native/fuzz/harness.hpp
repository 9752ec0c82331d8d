/// What the fuzzers of all readers share: libFuzzer's entry, and a mutator that keeps the table of sections true.
/// A fuzzer defines `KIND` and `exercise`.
#pragma once

#include <algorithm>
#include <random>

#include "../src/section-file.hpp"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t maxSize);

namespace provega::fuzz {

extern const FileKind KIND;
/// Calls everything that a reader offers. May throw Error, and nothing else.
void exercise(const SectionFile& file);

/// Runs `part`, whose refusal is no reason to leave out what comes after it.
template <class Part>
void attempt(const Part& part) {
  try {
    part();
  } catch (const Error&) {
  }
}

/// Reads every element; the compiler may not drop it.
template <class List>
void readAll(const List& list) {
  for (size_t i = 0; i < list.count; i++) {
    const auto element = list[i];
    asm volatile("" : : "m"(element) : "memory");
  }
}

using Bytes = std::vector<uint8_t>;
struct Part {
  uint32_t id;
  Bytes content;
};

inline constexpr size_t HEAD = 12;

/// As many sections as are whole.
inline std::vector<Part> split(const uint8_t* data, size_t size) {
  std::vector<Part> parts;
  for (size_t at = HEAD; at <= size && size - at >= HEAD;) {
    uint32_t id;
    uint64_t length;
    std::memcpy(&id, data + at, 4);
    std::memcpy(&length, data + at + 4, 8);
    at += HEAD;
    if (length > size - at) break;
    parts.push_back({id, Bytes(data + at, data + at + length)});
    at += length;
  }
  return parts;
}

/// Writes the parts behind the head that is there, or nothing if they do not fit.
inline size_t join(const std::vector<Part>& parts, uint8_t* data, size_t size, size_t maxSize) {
  size_t total = HEAD;
  for (const Part& each : parts) total += HEAD + each.content.size();
  if (size < HEAD || total > maxSize) return 0;
  const auto count = static_cast<uint32_t>(parts.size());
  std::memcpy(data + 8, &count, 4);
  size_t at = HEAD;
  for (const Part& each : parts) {
    const uint64_t length = each.content.size();
    std::memcpy(data + at, &each.id, 4);
    std::memcpy(data + at + 4, &length, 8);
    std::copy(each.content.begin(), each.content.end(), data + at + HEAD);
    at += HEAD + length;
  }
  return total;
}

/// Blind mutations rarely get past the table, so most go into one section, whose size is then set right.
inline size_t mutate(uint8_t* data, size_t size, size_t maxSize, unsigned seed) {
  std::minstd_rand random(seed);
  std::vector<Part> parts = split(data, size);
  const unsigned choice = random() % 16;
  if (choice < 4 || parts.empty()) return LLVMFuzzerMutate(data, size, maxSize);
  Part& part = parts[random() % parts.size()];
  if (choice == 4) {
    std::swap(part, parts[random() % parts.size()]);
  } else if (choice == 5) {
    parts.push_back(Part(part));
  } else if (choice == 6) {
    part.id = random() % 20;
  } else {
    const size_t length = part.content.size();
    part.content.resize(length + 256);
    part.content.resize(LLVMFuzzerMutate(part.content.data(), length, part.content.size()));
  }
  const size_t joined = join(parts, data, size, maxSize);
  return joined != 0 ? joined : LLVMFuzzerMutate(data, size, maxSize);
}

}  // namespace provega::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t maxSize, unsigned seed) {
  return provega::fuzz::mutate(data, size, maxSize, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace provega;
  fuzz::attempt([&] { fuzz::exercise(SectionFile::over(data, size, fuzz::KIND, "input")); });
  return 0;
}
