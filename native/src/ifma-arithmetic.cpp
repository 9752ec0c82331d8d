#include "arithmetic.hpp"
#include "lanes.hpp"

namespace provega::ifma {
namespace {

template <class Modulus>
void computeLanes(const Field<Modulus>* a, const Field<Modulus>* b, size_t count, const Results<Field<Modulus>>& out) {
  using L = Lanes<Modulus>;
  for (size_t i = 0; i < count; i += 8) {
    const L x = L::load(a + i), y = L::load(b + i), u = x.entered(), v = y.entered();
    (x + y).canonical().store(out.sum + i);
    (x - y).canonical().store(out.difference + i);
    (u * v).left().canonical().store(out.product + i);
    // By way of a negative wide value: x^2 = y^2 + (x^2 - y^2).
    (v.squared() + (L::square(u) - L::square(v)).reducedSigned()).left().canonical().store(out.square + i);
  }
}

}  // namespace

void compute(const Fr* a, const Fr* b, size_t count, const Results<Fr>& out) { computeLanes<ScalarModulus>(a, b, count, out); }
void compute(const Fq* a, const Fq* b, size_t count, const Results<Fq>& out) { computeLanes<BaseModulus>(a, b, count, out); }

void multiplyRepeatedly(Fq* x, const Fq* y, size_t times) {
  using L = Lanes<BaseModulus>;
  L lanes[4];
  for (int k = 0; k < 4; k++) lanes[k] = L::load(x + 8 * k);
  const L factor = L::load(y);
  for (size_t i = 0; i < times; i++)
    for (L& each : lanes) each = each * factor;
  for (int k = 0; k < 4; k++) lanes[k].canonical().store(x + 8 * k);
}

}  // namespace provega::ifma
