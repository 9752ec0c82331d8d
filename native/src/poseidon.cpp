#include "poseidon.hpp"

#include <algorithm>

#include "cpu.hpp"
#include "parallel.hpp"
#include "poseidon-constants.hpp"
#include "wide.hpp"

namespace provega {

namespace {

struct ScalarArithmetic {
  using Constant = Fr;
  using Element = Fr;
  using Sum = Wide<ScalarModulus>;
  static Fr fifthPower(const Fr& x) { return x.squared().squared() * x; }
  static Fr sum(const Fr& x, const Fr& constant) { return x + constant; }
};

constexpr size_t LANES = 8;

/// Of two to eight: one alone is faster without lanes. Those beyond `n` compute what nobody reads.
void poseidonLanes(const Fr& capacity, const Fr* inputs, unsigned count, Fr* out, size_t n) {
  Fr state[MAX_WIDTH * LANES] = {}, digests[LANES];
  for (size_t i = 0; i < n; i++) {
    state[i] = capacity;
    for (unsigned k = 0; k < count; k++) state[(k + 1) * LANES + i] = inputs[i * count + k];
  }
  ifma::poseidonEight(poseidonLaneTables(count + 1), state, digests);
  std::copy(digests, digests + n, out);
}

}  // namespace

Fr poseidon(const Fr& capacity, const Fr* inputs, unsigned count) {
  Fr state[MAX_WIDTH] = {capacity};
  std::copy(inputs, inputs + count, state + 1);
  permute<ScalarArithmetic>(poseidonTables(count + 1), state);
  return state[0];
}

void poseidonMany(const Fr& capacity, const Fr* inputs, unsigned count, Fr* out, size_t n, Cores cores) {
  const auto range = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end;) {
      const size_t some = std::min(end - i, LANES);
      if (hasIfma() && some > 1) {
        poseidonLanes(capacity, inputs + i * count, count, out + i, some);
      } else {
        for (size_t k = i; k < i + some; k++) out[k] = poseidon(capacity, inputs + k * count, count);
      }
      i += some;
    }
  };
  if (cores == Cores::All) parallelRanges(n, 16 * LANES, range);
  else range(0, n);
}

Fr poseidonList(const Fr& tag, const Fr* values, size_t count) {
  size_t done = std::min<size_t>(count, MAX_INPUTS);
  Fr digest = poseidon(tag, values, static_cast<unsigned>(done));
  while (done < count) {
    Fr inputs[MAX_INPUTS] = {digest};
    const size_t some = std::min<size_t>(count - done, MAX_INPUTS - 1);
    std::copy(values + done, values + done + some, inputs + 1);
    digest = poseidon(tag, inputs, static_cast<unsigned>(some + 1));
    done += some;
  }
  return digest;
}

}  // namespace provega
