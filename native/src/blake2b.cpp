#include "blake2b.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace provega {

namespace {

constexpr uint8_t SIGMA[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

inline void mix(uint64_t (&v)[16], int a, int b, int c, int d, uint64_t x, uint64_t y) {
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 32);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 24);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 63);
}

}  // namespace

void Blake2b::compress(const uint8_t* block, size_t taken, bool isLast) {
  length_ += taken;
  uint64_t m[16], v[16];
  std::memcpy(m, block, BLOCK);
  std::copy(state_.begin(), state_.end(), v);
  std::copy(IV.begin(), IV.end(), v + 8);
  v[12] ^= length_;  // a hash of 2^64 bytes and more is not to be expected
  if (isLast) v[14] = ~v[14];
  for (int round = 0; round < 12; round++) {
    const uint8_t* s = SIGMA[round % 10];
    for (int i = 0; i < 4; i++) mix(v, i, 4 + i, 8 + i, 12 + i, m[s[2 * i]], m[s[2 * i + 1]]);
    for (int i = 0; i < 4; i++)
      mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[s[8 + 2 * i]], m[s[9 + 2 * i]]);
  }
  for (size_t i = 0; i < 8; i++) state_[i] ^= v[i] ^ v[i + 8];
}

void Blake2b::update(const void* data, size_t size) {
  const uint8_t* bytes = static_cast<const uint8_t*>(data);
  while (size > 0) {
    if (filled_ == BLOCK) {
      compress(block_, BLOCK, false);
      filled_ = 0;
    }
    // Whole blocks but the last need not be copied.
    for (; filled_ == 0 && size > BLOCK; bytes += BLOCK, size -= BLOCK) compress(bytes, BLOCK, false);
    const size_t taken = std::min(size, BLOCK - filled_);
    std::memcpy(block_ + filled_, bytes, taken);
    filled_ += taken;
    bytes += taken;
    size -= taken;
  }
}

Blake2b::Digest Blake2b::digest() {
  std::memset(block_ + filled_, 0, BLOCK - filled_);
  compress(block_, filled_, true);
  Digest out;
  std::memcpy(out.data(), state_.data(), out.size());
  return out;
}

Blake2b::Snapshot Blake2b::snapshot() const {
  Snapshot out{};
  uint8_t* at = out.data();
  const uint64_t filled = filled_;
  std::memcpy(at, block_, filled_);
  std::memcpy(at + BLOCK, state_.data(), 64);
  std::memcpy(at + BLOCK + 64, &length_, 8);
  std::memcpy(at + BLOCK + 72, &filled, 8);
  return out;
}

}  // namespace provega
