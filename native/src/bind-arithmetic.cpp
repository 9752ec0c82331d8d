/// Fields, curves and sums of multiples of points, as JavaScript sees them.
#include <ctime>

#include "arithmetic.hpp"
#include "cpu.hpp"
#include "msm.hpp"
#include "napi.hpp"
#include "stopwatch.hpp"

namespace provega {
namespace {

constexpr size_t ELEMENT = 32;

template <class F>
std::vector<F> elements(const View& view, const char* name) {
  std::vector<F> out(view.size / ELEMENT);
  for (size_t i = 0; i < out.size(); i++) {
    const U256 integer = U256::load(view.data + i * ELEMENT);
    if (!(integer < F::MODULUS)) throw Error{"NotInField", std::string(name) + ": element " + std::to_string(i) + " is not below the modulus"};
    out[i] = F::of(integer);
  }
  return out;
}

template <class F>
Bytes bytesOf(const std::vector<F>& values) {
  Bytes out(values.size() * ELEMENT);
  for (size_t i = 0; i < values.size(); i++) values[i].integer().store(&out[i * ELEMENT]);
  return out;
}

void requireVectors() {
  if (!hasIfma()) throw Error{"NoVectors", "this processor has no AVX-512 IFMA, or PROVEGA_IFMA=0"};
}

template <class F>
Value compute(const Arguments& given) {
  const bool isVector = given.flag(1, "vectors");
  std::vector<F> a = elements<F>(given.bytes(2, "a", ELEMENT), "a"), b = elements<F>(given.bytes(3, "b", ELEMENT), "b");
  if (a.size() != b.size()) throw Error{"InvalidArgument", "a and b must have the same length"};
  const size_t count = a.size(), padded = (count + 7) / 8 * 8;
  std::vector<F> sum(padded), difference(padded), product(padded), square(padded), inverse(count);
  if (isVector) {
    requireVectors();
    a.resize(padded, F::zero());
    b.resize(padded, F::zero());
#if defined(PROVEGA_IFMA)
    ifma::compute(a.data(), b.data(), padded, {sum.data(), difference.data(), product.data(), square.data()});
#endif
  } else {
    for (size_t i = 0; i < count; i++) {
      sum[i] = a[i] + b[i];
      difference[i] = a[i] - b[i];
      product[i] = a[i] * b[i];
      square[i] = a[i].squared();
    }
  }
  for (size_t i = 0; i < count; i++) inverse[i] = a[i].inverse();
  for (auto* each : {&sum, &difference, &product, &square}) each->resize(count);
  return Object{{"sum", bytesOf(sum)}, {"difference", bytesOf(difference)}, {"product", bytesOf(product)}, {"square", bytesOf(square)},
                {"inverse", bytesOf(inverse)}};
}

Value arithmetic(const Arguments& given) {
  const std::string field = given.text(0, "field");
  if (field == "scalar") return compute<Fr>(given);
  if (field == "base") return compute<Fq>(given);
  throw Error{"InvalidArgument", "field must be \"scalar\" or \"base\", not \"" + field + "\""};
}

/// Nanoseconds of a product; vectors: amortised over lanes.
Value timeProducts(const Arguments& given) {
  const bool isVector = given.flag(0, "vectors");
  const size_t times = given.number(1, "times", 1u << 30);
  Fq x[32], y[8];
  for (unsigned i = 0; i < 32; i++) x[i] = Fq::of(i + 2);
  for (unsigned i = 0; i < 8; i++) y[i] = Fq::of(i + 99);
  Stopwatch watch;
  size_t products = 0;
  if (isVector) {
    requireVectors();
#if defined(PROVEGA_IFMA)
    ifma::multiplyRepeatedly(x, y, times);
    products = 32 * times;
#endif
  } else {
    for (size_t i = 0; i < times; i++)
      for (int k = 0; k < 4; k++) x[k] *= y[0];
    products = 4 * times;
  }
  const double nanoseconds = 1e6 * watch.lap();
  // A result that depends on the products keeps the compiler from leaving them out.
  return x[0].isZero() ? 0.0 : nanoseconds / static_cast<double>(products);
}

void requireCoordinates(const View& points) {
  for (size_t i = 0; i < points.size / ELEMENT; i++)
    if (!(U256::load(points.data + i * ELEMENT) < Fq::MODULUS))
      throw Error{"NotInField", "points: coordinate " + std::to_string(i) + " is not below the modulus"};
}

template <class F>
using Multiply = Jacobian<F> (*)(const uint8_t*, const U256*, size_t, SumTimes*);

template <class F>
Value multiplyAndAdd(const Arguments& given, Multiply<F> multiply) {
  const View points = given.bytes(0, "points", sizeof(Affine<F>)), scalars = given.bytes(1, "scalars", ELEMENT);
  const size_t count = points.size / sizeof(Affine<F>);
  if (count != scalars.size / ELEMENT) throw Error{"InvalidArgument", "points and scalars must be equally many"};
  requireCoordinates(points);
  std::vector<U256> integers(count);
  for (size_t i = 0; i < count; i++) {
    integers[i] = U256::load(scalars.data + i * ELEMENT);
    if (!(integers[i] < Fr::MODULUS)) throw Error{"NotInField", "scalars: number " + std::to_string(i) + " is not below the group order"};
  }
  const Affine<F> sum = multiply(points.data, integers.data(), count, nullptr).affine();
  Bytes out(sizeof sum);
  std::memcpy(out.data(), &sum, sizeof sum);
  return out;
}

/// Sums of 2^power multiples of different points, by scalars of full length.
template <class F>
Value timeSums(unsigned power, Multiply<F> multiply) {
  const size_t count = size_t{1} << power;
  std::vector<Jacobian<F>> points(count);
  points[0] = Jacobian<F>::of(CurveOf<F>::generator());
  for (size_t i = 1; i < count; i++) points[i] = points[i - 1].doubled() + CurveOf<F>::generator();
  std::vector<Affine<F>> affine(count);
  std::vector<F> scratch(2 * count);
  toAffine(points.data(), affine.data(), scratch.data(), count);
  std::vector<U256> scalars(count);
  Fr scalar = Fr::of(7);
  for (U256& each : scalars) each = (scalar = scalar.squared() + Fr::one()).integer();
  SumTimes times{};
  // Of all threads: what other processes take of the cores does not count.
  const std::clock_t before = std::clock();
  multiply(reinterpret_cast<const uint8_t*>(affine.data()), scalars.data(), count, &times);
  const double processor = 1e3 * static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  return Object{{"choose", times.choose}, {"prepare", times.prepare}, {"fill", times.fill}, {"reduce", times.reduce},
                {"additions", static_cast<double>(times.additions)}, {"processor", processor}};
}

Value timeSumsOf(const Arguments& given) {
  const std::string group = given.text(0, "group");
  const unsigned power = given.number(1, "power", 22);
  if (group == "g1") return timeSums<Fq>(power, multiplyG1);
  if (group == "g2") return timeSums<Fq2>(power, multiplyG2);
  throw Error{"InvalidArgument", "group must be \"g1\" or \"g2\", not \"" + group + "\""};
}

}  // namespace

void bindArithmetic(Exports& exports) {
  exports.sync("hasIfma", [](const Arguments&) -> Value { return hasIfma(); });
  exports.sync("arithmetic", arithmetic);
  exports.sync("timeProducts", timeProducts);
  exports.sync("timeSums", timeSumsOf);
  exports.sync("multiplyG1", [](const Arguments& given) { return multiplyAndAdd<Fq>(given, multiplyG1); });
  exports.sync("multiplyG2", [](const Arguments& given) { return multiplyAndAdd<Fq2>(given, multiplyG2); });
}

}  // namespace provega
