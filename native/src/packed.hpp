/// Lists in a file, read in place. Sections begin wherever the one before them ends, so nothing in a file is aligned:
/// never cast `data` to a type of more than one byte. Elements are copied out by `load`, which is a plain unaligned
/// move on the processors that we know.
#pragma once

#include "curve.hpp"
#include "parallel.hpp"
#include "section-file.hpp"

namespace provega {

/// The scalar field has roots of unity of order 2^28, so there is no larger domain.
inline constexpr unsigned MAX_DOMAIN_BITS = 28;

/// Bytes of a T in a file: as in memory, unless T has fields of different sizes.
template <class T>
inline constexpr size_t STORED_BYTES = sizeof(T);
static_assert(sizeof(U256) == 32 && sizeof(G1) == 64 && sizeof(G2) == 128);

template <class T>
struct Packed {
  const uint8_t* data = nullptr;
  size_t count = 0;

  const uint8_t* at(size_t i) const { return data + i * STORED_BYTES<T>; }
  /// `i` is below `count`: the caller's duty, as in a loop over the list.
  T operator[](size_t i) const { return T::load(at(i)); }
  Packed slice(size_t from, size_t length) const { return {at(from), length}; }
};

/// The section as `count` elements, neither more nor fewer. `what` names them in a refusal.
template <class T>
Packed<T> packedSection(const SectionFile& file, uint32_t id, uint64_t count, const char* what) {
  const Section& section = file.section(id);
  uint64_t size;
  if (__builtin_mul_overflow(count, STORED_BYTES<T>, &size) || size != section.size)
    file.refuse(section.offset, "section " + std::to_string(id) + " has " + std::to_string(section.size) +
                                    " bytes, expected " + std::to_string(count) + " " + what + " of " +
                                    std::to_string(STORED_BYTES<T>));
  return {file.content(section), count};
}

/// Enough to pay for handing a piece to a thread.
inline constexpr size_t CHECKED_AT_ONCE = size_t{1} << 14;

/// Number of some value that is not below the modulus, or `values.count`.
template <class Modulus>
size_t findBeyond(Packed<U256> values) {
  std::atomic<size_t> found{values.count};
  parallelRanges(values.count, CHECKED_AT_ONCE, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
      if (!(values[i] < Modulus::VALUE)) found = i;
  });
  return found;
}

template <class Modulus>
void requireCanonical(const SectionFile& file, Packed<U256> values, const char* what) {
  const size_t i = findBeyond<Modulus>(values);
  if (i != values.count) file.refuse(values.at(i), std::string(what) + " beyond the field's modulus");
}

/// What is asked of a key's points.
enum class PointCheck {
  /// Coordinates below the modulus, which the arithmetic relies on. As fast as memory is read: 5 ms per 100 MB.
  Canonical,
  /// Also on the curve, for files from strangers: about 0.3 s per million points of G1 on two cores, thrice that in G2.
  /// That a point of G2 is in the subgroup of order r is not asked; only checking a whole ceremony tells.
  OnCurve,
};

template <class F>
void checkPoints(const SectionFile& file, Packed<Affine<F>> points, PointCheck check, const char* what) {
  constexpr size_t COORDINATES = sizeof(Affine<F>) / sizeof(U256);
  requireCanonical<BaseModulus>(file, {points.data, points.count * COORDINATES}, what);
  if (check == PointCheck::Canonical) return;
  parallelRanges(points.count, CHECKED_AT_ONCE, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
      if (!isOnCurve(points[i])) file.refuse(points.at(i), std::string(what) + " is not on the curve");
  });
}

/// Reads the width and the modulus that lead every header, and refuses all fields but the one named.
template <class Modulus>
void requireField(const SectionFile& file, SectionCursor& header, const char* what) {
  const uint8_t* start = header.at();
  if (header.u32(what) != sizeof(U256) || !(U256::load(header.take(sizeof(U256), what)) == Modulus::VALUE))
    file.refuse(start, std::string("expected ") + what + " of BN254");
}

}  // namespace provega
