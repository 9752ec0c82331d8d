/// Multi-scalar multiplication: the sum of scalar times point over a list.
#pragma once

#include "curve.hpp"

namespace provega {

/// Milliseconds of the phases, and how many additions of points they made, the last few apart.
struct SumTimes {
  double choose, prepare, fill, reduce;
  size_t additions;
};

/// `bases`: `count` affine points as a zkey has them (64 or 128 bytes, Montgomery R = 2^256, infinity all zero), at any alignment,
/// coordinates canonical, `count` below 2^31. `scalars`: integers below r. Uses all cores.
Jacobian<Fq> multiplyG1(const uint8_t* bases, const U256* scalars, size_t count, SumTimes* times = nullptr);
Jacobian<Fq2> multiplyG2(const uint8_t* bases, const U256* scalars, size_t count, SumTimes* times = nullptr);

}  // namespace provega
