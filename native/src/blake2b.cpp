#include "blake2b.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace provega {

namespace {

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
  std::copy(BLAKE_IV.begin(), BLAKE_IV.end(), v + 8);
  v[12] ^= length_;  // a hash of 2^64 bytes and more is not to be expected
  if (isLast) v[14] = ~v[14];
  for (int round = 0; round < 12; round++) {
    const uint8_t* s = BLAKE_SIGMA[round % 10];
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
