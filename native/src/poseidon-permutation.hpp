/// Poseidon's permutation, once for all kinds of arithmetic.
#pragma once

namespace provega {

inline constexpr unsigned MIN_WIDTH = 2;
inline constexpr unsigned MAX_WIDTH = 17;
/// Rounds in which every element goes through the S-box x^5: half of them first, half last.
inline constexpr unsigned FULL_ROUNDS = 8;

/// Constants in a form with few multiplications.
///
/// In a partial round only element 0 sees the S-box; the others are a linear system whose only input is that element's
/// power u and whose only output is the next element 0. Such a system has Kalman's controller form: in suitable
/// coordinates z of the others a round is
///
///   z' = (u + feedback . z, z_0, ..., z_{t-3}),   element 0' = output . (u, z) + constant,
///
/// the same 2 t - 1 coefficients in every round, and two reductions modulo r in place of t. The matrix before the
/// partial rounds is multiplied by the change of coordinates, the one after the last of them by its inverse.
template <class Constant>
struct PoseidonTables {
  unsigned width;
  unsigned partialRounds;
  /// What is added before the first round; after each full round and after the last partial one; `width` each.
  const Constant* full;
  /// What is added to element 0 after each partial round but the last.
  const Constant* partial;
  /// Matrices, row by row: of a full round; of the one before the partial rounds; of the last partial round.
  const Constant *mix, *enter, *leave;
  /// `width` coefficients for (u, z) and `width - 1` for z.
  const Constant *output, *feedback;

  /// All of them lie one after another.
  static constexpr PoseidonTables over(const Constant* at, unsigned width, unsigned partialRounds) {
    const Constant* const partial = at + (FULL_ROUNDS + 2) * width;
    const Constant* const mix = partial + partialRounds - 1;
    const Constant* const enter = mix + width * width;
    const Constant* const leave = enter + width * width;
    const Constant* const output = leave + width * width;
    return {width, partialRounds, at, partial, mix, enter, leave, output, output + width};
  }
  static constexpr unsigned size(unsigned width, unsigned partialRounds) {
    return (FULL_ROUNDS + 2) * width + partialRounds - 1 + 3 * width * width + 2 * width - 1;
  }
};

/// `Arithmetic` has types Constant, Element and Sum - Sum() or Sum(constant), add(constant, element), plus(element),
/// reduced() - and functions fifthPower(element) and sum(element, constant).
template <class Arithmetic>
void permute(const PoseidonTables<typename Arithmetic::Constant>& p, typename Arithmetic::Element* state) {
  using Element = typename Arithmetic::Element;
  using Constant = typename Arithmetic::Constant;
  using Sum = typename Arithmetic::Sum;
  const unsigned width = p.width, n = width - 1;
  Element powers[MAX_WIDTH];
  const Constant* after = p.full;

  const auto multiply = [&](const Constant* matrix) {
    for (unsigned i = 0; i < width; i++) {
      Sum sum(*after++);
      for (unsigned j = 0; j < width; j++) sum.add(*matrix++, powers[j]);
      state[i] = sum.reduced();
    }
  };
  const auto fullRound = [&](const Constant* matrix) {
    for (unsigned i = 0; i < width; i++) powers[i] = Arithmetic::fifthPower(state[i]);
    multiply(matrix);
  };

  for (unsigned i = 0; i < width; i++) state[i] = Arithmetic::sum(state[i], *after++);
  for (unsigned round = 1; round < FULL_ROUNDS / 2; round++) fullRound(p.mix);
  fullRound(p.enter);
  Element* const z = state + 1;
  for (unsigned round = 0; round + 1 < p.partialRounds; round++) {
    Sum output(p.partial[round]), next;
    for (unsigned k = 0; k < n; k++) {
      output.add(p.output[k + 1], z[k]);
      next.add(p.feedback[k], z[k]);
    }
    for (unsigned k = n - 1; k > 0; k--) z[k] = z[k - 1];
    const Element u = Arithmetic::fifthPower(state[0]);
    output.add(p.output[0], u);
    state[0] = output.reduced();
    next.plus(u);
    z[0] = next.reduced();
  }
  powers[0] = Arithmetic::fifthPower(state[0]);
  for (unsigned i = 1; i < width; i++) powers[i] = state[i];
  multiply(p.leave);
  for (unsigned round = 0; round < FULL_ROUNDS / 2; round++) fullRound(p.mix);
}

}  // namespace provega
