/// How ceremonies hash points: coordinates as big endian integers, x before y, of an element a + b u of Fq2 b before a;
/// infinity is all zero. Compressed, x alone, whose two upper bits are free: one tells which of y and -y it is, the
/// other infinity.
#pragma once

#include <algorithm>
#include <vector>

#include "blake2b.hpp"
#include "curve.hpp"
#include "parallel.hpp"

namespace provega {

inline void storeBigEndian(const Fq& x, uint8_t* out) {
  x.integer().store(out);
  std::reverse(out, out + sizeof(Fq));
}
inline void storeBigEndian(const Fq2& x, uint8_t* out) {
  storeBigEndian(x.b, out);
  storeBigEndian(x.a, out + sizeof(Fq));
}
template <class F>
void storeBigEndian(const Affine<F>& point, uint8_t* out) {
  storeBigEndian(point.x, out);
  storeBigEndian(point.y, out + sizeof(F));
}


/// The greater of x and -x.
inline bool isGreater(const Fq& x) { return (-x).integer() < x.integer(); }
inline bool isGreater(const Fq2& x) { return isGreater(x.b.isZero() ? x.a : x.b); }

template <class F>
void storeCompressed(const Affine<F>& point, uint8_t* out) {
  storeBigEndian(point.x, out);
  if (point.isInfinity()) *out |= 0x40;
  else if (isGreater(point.y)) *out |= 0x80;
}

namespace point_hash {

/// Hashes what store(i, bytes) leaves, of `size` bytes for each i.
template <class Store>
void update(Blake2b& hash, size_t count, size_t size, const Store& store) {
  constexpr size_t PIECE = 4096, BLOCK = 16 * PIECE;
  std::vector<uint8_t> bytes(std::min(count, BLOCK) * size);
  for (size_t first = 0; first < count; first += BLOCK) {
    const size_t here = std::min(BLOCK, count - first);
    parallelRanges(here, PIECE, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i++) store(first + i, &bytes[i * size]);
    });
    hash.update(bytes.data(), here * size);
  }
}

}  // namespace point_hash

template <class F>
void hashPoints(Blake2b& hash, const Affine<F>* points, size_t count) {
  point_hash::update(hash, count, sizeof(Affine<F>), [&](size_t i, uint8_t* out) { storeBigEndian(points[i], out); });
}
template <class F>
void hashPoint(Blake2b& hash, const Affine<F>& point) {
  hashPoints(hash, &point, 1);
}
template <class F>
void hashCompressed(Blake2b& hash, const Affine<F>* points, size_t count) {
  point_hash::update(hash, count, sizeof(F), [&](size_t i, uint8_t* out) { storeCompressed(points[i], out); });
}

}  // namespace provega
