#include "lanes.hpp"
#include "poseidon-lanes.hpp"

namespace provega::ifma {

namespace {

using Element = Lanes<ScalarModulus>;

Limbs limbsOf(const LaneConstant& x) { return {{x.limbs[0], x.limbs[1], x.limbs[2], x.limbs[3], x.limbs[4]}}; }

/// A sum of up to 17 products, constant plus products plus elements: limbs stay below 2^60, the value below 2^260 p.
struct LaneSum {
  Element::Wide wide;

  LaneSum() {
    for (Vec& limb : wide.t) limb = splat(0);
  }
  explicit LaneSum(const LaneConstant& x) : LaneSum() {
    for (int i = 0; i < 5; i++) wide.t[5 + i] = splat(x.limbs[i]);  // x 2^260, which the reduction divides by
  }
  void add(const LaneConstant& a, const Element& b) {
    for (int i = 0; i < 5; i++)
      for (int j = 0; j < 5; j++) {
        wide.t[i + j] = low(wide.t[i + j], b.v[i], splat(a.limbs[j]));
        wide.t[i + j + 1] = high(wide.t[i + j + 1], b.v[i], splat(a.limbs[j]));
      }
  }
  void plus(const Element& x) {
    for (int i = 0; i < 5; i++) wide.t[5 + i] = _mm512_add_epi64(wide.t[5 + i], x.v[i]);
  }
  Element reduced() const { return wide.reduced(); }
};

/// Elements are below 4 p: a reduced sum is below 1.4 p besides its constant and one more power.
struct LaneArithmetic {
  using Constant = LaneConstant;
  using Element = ifma::Element;
  using Sum = LaneSum;
  static Element fifthPower(const Element& x) { return x.squared().squared() * x; }
  static Element sum(const Element& x, const LaneConstant& constant) {
    return x + Element::constant(limbsOf(constant));
  }
};

}  // namespace

void poseidonEight(const PoseidonTables<LaneConstant>& tables, const Fr* state, Fr* out) {
  Element lanes[MAX_WIDTH];
  for (unsigned i = 0; i < tables.width; i++) lanes[i] = Element::load(state + 8 * i).entered();
  permute<LaneArithmetic>(tables, lanes);
  lanes[0].left().canonicalBelow2().store(out);
}

}  // namespace provega::ifma
