/// BLAKE2b with 64 bytes of output (RFC 7693), the hash of ceremonies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "blake-tables.hpp"

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

  /// The first word takes in the parameters: digest of 64 bytes, no key, fanout and depth 1.
  std::array<uint64_t, 8> state_ = {BLAKE_IV[0] ^ 0x01010040, BLAKE_IV[1], BLAKE_IV[2], BLAKE_IV[3],
                                    BLAKE_IV[4], BLAKE_IV[5], BLAKE_IV[6], BLAKE_IV[7]};
  /// Bytes compressed so far.
  uint64_t length_ = 0;
  /// What has come of the next block. A full one waits: it may be the last.
  uint8_t block_[BLOCK] = {};
  size_t filled_ = 0;
};

}  // namespace provega
