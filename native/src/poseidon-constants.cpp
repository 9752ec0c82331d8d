#include "poseidon-constants.hpp"

#include <array>
#include <memory>
#include <mutex>

namespace provega {

namespace {

/// For widths 2 to 17: table 2 of https://eprint.iacr.org/2019/458, rounded up as circomlib does.
constexpr unsigned PARTIAL_ROUNDS[] = {56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68};
constexpr unsigned FIELD_BITS = 254;

/// The generator of appendix F there: an 80-bit shift register, self-shrinking, started from the parameters.
class Grain {
 public:
  Grain(unsigned width, unsigned partialRounds) {
    push(1, 2);  // a prime field
    push(0, 4);  // S-box x^5
    push(FIELD_BITS, 12);
    push(width, 12);
    push(FULL_ROUNDS, 10);
    push(partialRounds, 10);
    push((1 << 30) - 1, 30);
    for (int i = 0; i < 160; i++) step();
  }

  /// 254 bits, most significant first.
  U256 integer() {
    U256 out{};
    for (unsigned i = 0; i < FIELD_BITS; i++) {
      add(out, out, out);
      out.w[0] |= bit();
    }
    return out;
  }
  Fr element() {
    U256 out = integer();
    while (!(out < Fr::MODULUS)) out = integer();
    return Fr::of(out);
  }

 private:
  /// Bit i is the one that entered i steps ago.
  u128 state_ = 0;

  void push(unsigned value, unsigned bits) {
    for (unsigned i = bits; i-- > 0;) state_ = state_ << 1 | (value >> i & 1);
  }
  unsigned step() {
    const auto tap = [&](unsigned i) { return static_cast<unsigned>(state_ >> (79 - i)); };
    const unsigned next = (tap(62) ^ tap(51) ^ tap(38) ^ tap(23) ^ tap(13) ^ tap(0)) & 1;
    state_ = state_ << 1 | next;
    return next;
  }
  /// Of each pair of bits the first says whether the second counts.
  unsigned bit() {
    while (!step()) step();
    return step();
  }
};

using Vector = std::vector<Fr>;
/// Square, rows one after another.
struct Matrix {
  unsigned size;
  Vector at;

  explicit Matrix(unsigned n) : size(n), at(n * n) {}
  Fr& operator()(unsigned row, unsigned column) { return at[row * size + column]; }
  const Fr& operator()(unsigned row, unsigned column) const { return at[row * size + column]; }

  static Matrix identity(unsigned n) {
    Matrix out(n);
    for (unsigned i = 0; i < n; i++) out(i, i) = Fr::one();
    return out;
  }
  Vector operator*(const Vector& v) const {
    Vector out(size);
    for (unsigned i = 0; i < size; i++)
      for (unsigned j = 0; j < size; j++) out[i] += (*this)(i, j) * v[j];
    return out;
  }
  Matrix operator*(const Matrix& o) const {
    Matrix out(size);
    for (unsigned i = 0; i < size; i++)
      for (unsigned j = 0; j < size; j++)
        for (unsigned k = 0; k < size; k++) out(i, j) += (*this)(i, k) * o(k, j);
    return out;
  }
  /// Gauss and Jordan. The matrix is regular.
  Matrix inverse() const {
    Matrix left = *this, right = identity(size);
    for (unsigned column = 0; column < size; column++) {
      unsigned pivot = column;
      while (left(pivot, column).isZero()) pivot++;
      const Fr factor = left(pivot, column).inverse();
      for (unsigned k = 0; k < size; k++) {
        std::swap(left(pivot, k), left(column, k));
        std::swap(right(pivot, k), right(column, k));
        left(column, k) *= factor;
        right(column, k) *= factor;
      }
      for (unsigned row = 0; row < size; row++) {
        const Fr times = left(row, column);
        if (row == column || times.isZero()) continue;
        for (unsigned k = 0; k < size; k++) {
          left(row, k) -= times * left(column, k);
          right(row, k) -= times * right(column, k);
        }
      }
    }
    return right;
  }
};

Fr dot(const Vector& a, const Vector& b) {
  Fr sum = Fr::zero();
  for (size_t i = 0; i < a.size(); i++) sum += a[i] * b[i];
  return sum;
}

/// The coordinates that give `a` its controller form for input `b`: z with others = basis z.
struct Controller {
  Matrix basis;
  Vector feedback;
};

Controller controllerOf(const Matrix& a, const Vector& b) {
  const unsigned n = a.size;
  // Columns b, A b, ..., A^(n-1) b. How A^n b depends on them is the characteristic polynomial (Cayley and Hamilton).
  Matrix krylov(n);
  Vector power = b;
  for (unsigned k = 0; k < n; k++) {
    for (unsigned i = 0; i < n; i++) krylov(i, k) = power[i];
    power = a * power;
  }
  const Vector combination = krylov.inverse() * power;
  Controller out{Matrix(n), Vector(combination.rbegin(), combination.rend())};
  // q_0 = b, q_{k+1} = A q_k - feedback_k b: then A maps z_k q_k to z_k q_{k+1} + feedback_k z_k q_0, and q_n = 0.
  Vector column = b;
  for (unsigned k = 0; k < n; k++) {
    for (unsigned i = 0; i < n; i++) out.basis(i, k) = column[i];
    column = a * column;
    for (unsigned i = 0; i < n; i++) column[i] -= out.feedback[k] * b[i];
  }
  return out;
}

/// `inner` on all elements but the first.
Matrix beside(const Matrix& inner) {
  Matrix out = Matrix::identity(inner.size + 1);
  for (unsigned i = 0; i < inner.size; i++)
    for (unsigned j = 0; j < inner.size; j++) out(i + 1, j + 1) = inner(i, j);
  return out;
}

/// In the order of PoseidonTables.
Vector derive(const PoseidonDefinition& from) {
  const unsigned width = from.width, n = width - 1, half = FULL_ROUNDS / 2 * width;
  Matrix mix(width), a(n);
  mix.at = from.matrix;
  Vector b(n), c(n);
  for (unsigned i = 0; i < n; i++) {
    b[i] = mix(i + 1, 0);
    c[i] = mix(0, i + 1);
    for (unsigned j = 0; j < n; j++) a(i, j) = mix(i + 1, j + 1);
  }

  // What a partial round adds to the others only passes through matrices: it is added to later constants instead.
  const Fr* at = from.constants.data() + half;
  Vector full(from.constants.data(), at), partial, others(n);
  Fr ahead = Fr::zero();
  for (unsigned round = 0; round < from.partialRounds; round++, at += width) {
    partial.push_back(ahead + at[0]);
    for (unsigned i = 0; i < n; i++) others[i] += at[i + 1];
    ahead = dot(c, others);
    others = a * others;
  }
  full.push_back(partial[0]);
  full.resize(full.size() + n);
  full.push_back(ahead + at[0]);
  for (unsigned i = 0; i < n; i++) full.push_back(others[i] + at[i + 1]);
  full.insert(full.end(), at + width, at + half);
  full.resize(full.size() + width);

  const Controller controller = controllerOf(a, b);
  const Matrix basis = beside(controller.basis);
  Vector output = {mix(0, 0)};
  for (unsigned k = 0; k < n; k++) {
    Fr sum = Fr::zero();
    for (unsigned i = 0; i < n; i++) sum += c[i] * controller.basis(i, k);
    output.push_back(sum);
  }

  Vector out;
  const auto append = [&](const Vector& part, size_t from = 0) {
    out.insert(out.end(), part.begin() + static_cast<std::ptrdiff_t>(from), part.end());
  };
  append(full);
  append(partial, 1);
  append(mix.at);
  append((basis.inverse() * mix).at);
  append((mix * basis).at);
  append(output);
  append(controller.feedback);
  return out;
}

/// Constants with the tables over them.
template <class Constant>
struct Tables {
  std::vector<Constant> constants;
  PoseidonTables<Constant> over;
  Tables(std::vector<Constant> all, unsigned width)
      : constants(std::move(all)),
        over(PoseidonTables<Constant>::over(constants.data(), width, PARTIAL_ROUNDS[width - MIN_WIDTH])) {}
};

/// Made once for each width, when first asked for.
template <class Constant, class Make>
const PoseidonTables<Constant>& onceFor(unsigned width, const Make& make) {
  static std::array<std::once_flag, MAX_WIDTH + 1> once;
  static std::array<std::unique_ptr<const Tables<Constant>>, MAX_WIDTH + 1> made;
  std::call_once(once[width], [&] { made[width] = std::make_unique<Tables<Constant>>(make(), width); });
  return made[width]->over;
}

}  // namespace

PoseidonDefinition poseidonDefinition(unsigned width) {
  const unsigned partialRounds = PARTIAL_ROUNDS[width - MIN_WIDTH];
  Grain grain(width, partialRounds);
  PoseidonDefinition out{width, partialRounds, {}, Vector(width * width)};
  for (unsigned i = 0; i < (FULL_ROUNDS + partialRounds) * width; i++) out.constants.push_back(grain.element());
  // Cauchy's matrix 1 / (x_i + y_j). For these parameters the first draw is already secure and has distinct elements.
  Vector x(width), y(width), scratch(width * width);
  for (Fr& each : x) each = Fr::of(grain.integer());
  for (Fr& each : y) each = Fr::of(grain.integer());
  for (unsigned i = 0; i < width; i++)
    for (unsigned j = 0; j < width; j++) out.matrix[i * width + j] = x[i] + y[j];
  invertAll(out.matrix.data(), scratch.data(), out.matrix.size());
  return out;
}

const PoseidonTables<Fr>& poseidonTables(unsigned width) {
  return onceFor<Fr>(width, [=] { return derive(poseidonDefinition(width)); });
}

const PoseidonTables<LaneConstant>& poseidonLaneTables(unsigned width) {
  return onceFor<LaneConstant>(width, [=] {
    const PoseidonTables<Fr>& from = poseidonTables(width);
    std::vector<LaneConstant> out;
    const unsigned count = PoseidonTables<Fr>::size(width, from.partialRounds);
    for (unsigned i = 0; i < count; i++) out.push_back(LaneConstant::of(from.full[i]));
    return out;
  });
}

}  // namespace provega
