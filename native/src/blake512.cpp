#include "blake512.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "blake-tables.hpp"

namespace provega {

namespace {

constexpr size_t BLOCK = 128;
constexpr unsigned ROUNDS = 16;

/// The fraction of pi.
constexpr uint64_t PI[16] = {
    0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89,
    0x452821e638d01377, 0xbe5466cf34e90c6c, 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917,
    0x9216d5d98979fb1b, 0xd1310ba698dfb5ac, 0x2ffd72dbd01adfb7, 0xb8e1afed6a267e96,
    0xba7c9045f12c7f99, 0x24a19947b3916cf7, 0x0801f2e2858efc16, 0x636920d871574e69};
uint64_t load(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, 8);
  return __builtin_bswap64(word);
}
void store(uint8_t* bytes, uint64_t word) {
  word = __builtin_bswap64(word);
  std::memcpy(bytes, &word, 8);
}

/// `bits` is the length of the message.
void compress(std::array<uint64_t, 8>& state, const uint8_t* block, uint64_t bits) {
  uint64_t m[16], v[16];
  for (int i = 0; i < 16; i++) m[i] = load(block + 8 * i);
  std::copy(state.begin(), state.end(), v);
  std::copy(PI, PI + 8, v + 8);
  v[12] ^= bits;
  v[13] ^= bits;
  for (unsigned round = 0; round < ROUNDS; round++) {
    const uint8_t* s = BLAKE_SIGMA[round % 10];
    const auto mix = [&](int a, int b, int c, int d) {
      const unsigned x = *s++, y = *s++;
      v[a] += v[b] + (m[x] ^ PI[y]);
      v[d] = std::rotr(v[d] ^ v[a], 32);
      v[c] += v[d];
      v[b] = std::rotr(v[b] ^ v[c], 25);
      v[a] += v[b] + (m[y] ^ PI[x]);
      v[d] = std::rotr(v[d] ^ v[a], 16);
      v[c] += v[d];
      v[b] = std::rotr(v[b] ^ v[c], 11);
    };
    for (int i = 0; i < 4; i++) mix(i, 4 + i, 8 + i, 12 + i);
    for (int i = 0; i < 4; i++) mix(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
  }
  for (size_t i = 0; i < 8; i++) state[i] ^= v[i] ^ v[i + 8];
}

}  // namespace

std::array<uint8_t, 64> blake512(const uint8_t* data, size_t size) {
  std::array<uint64_t, 8> state = BLAKE_IV;
  // A bit 1, zeros, a bit 1, and the length in 128 bits.
  uint8_t block[BLOCK] = {};
  std::memcpy(block, data, size);
  block[size] = 0x80;
  block[BLOCK - 17] |= 1;
  store(block + BLOCK - 8, 8 * size);
  compress(state, block, 8 * size);

  std::array<uint8_t, 64> out;
  for (size_t i = 0; i < 8; i++) store(out.data() + 8 * i, state[i]);
  return out;
}

}  // namespace provega
