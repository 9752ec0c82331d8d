/// BLAKE2b with 64 bytes of output (RFC 7693), the hash of ceremonies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace provega {

class Blake2b {
 public:
  using Digest = std::array<uint8_t, 64>;

  void update(const void* data, size_t size);
  /// Ends the hash: no more updates.
  Digest digest();
  /// Where the hash is, to go on from there later: what has come of the next block, the state, the bytes before that
  /// block, and those of it, 8 bytes each, and 8 zeros. Ceremony files keep it so.
  using Snapshot = std::array<uint8_t, 216>;
  Snapshot snapshot() const;

 private:
  static constexpr size_t BLOCK = 128;

  void compress(const uint8_t* block, size_t taken, bool isLast);

  static constexpr std::array<uint64_t, 8> IV = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                 0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  /// The first word takes in the parameters: digest of 64 bytes, no key, fanout and depth 1.
  std::array<uint64_t, 8> state_ = {IV[0] ^ 0x01010040, IV[1], IV[2], IV[3], IV[4], IV[5], IV[6], IV[7]};
  /// Bytes compressed so far.
  uint64_t length_ = 0;
  /// What has come of the next block. A full one waits: it may be the last.
  uint8_t block_[BLOCK] = {};
  size_t filled_ = 0;
};

}  // namespace provega
