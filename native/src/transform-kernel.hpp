/// A TransformKernel of V.
#pragma once

#include "transform.hpp"

namespace provega {

template <class V>
constexpr TransformKernel transformKernelOf() {
  using E = typename V::Element;
  using F = typename V::Factor;
  using T = Transform<V>;
  TransformKernel k{};
  k.lanes = V::LANES;
  k.blockBytes = sizeof(E);
  k.factorBytes = sizeof(F);
  k.tabulate = [](const Fr* in, size_t count, void* out) {
    for (size_t i = 0; i < count; i++) static_cast<F*>(out)[i] = V::factor(in[i]);
  };
  k.load = [](const Fr* in, size_t size, size_t from, size_t to, void* x) {
    for (size_t j = from; j < to; j++) static_cast<E*>(x)[j] = V::load(in + j, size / V::LANES);
  };
  k.multiply = [](const void* a, const void* b, size_t from, size_t to, void* out) {
    for (size_t j = from; j < to; j++) static_cast<E*>(out)[j] = static_cast<const E*>(a)[j] * static_cast<const E*>(b)[j];
  };
  k.splitLanes = [](void* x, size_t from, size_t to, const Fr* start, const Fr* step, const Fr* eighths) {
    const typename V::Rotation rotation(eighths);
    E factor = V::enter(start);
    const E next = V::enter(step);
    for (size_t j = from; j < to; j++, factor = factor * next)
      static_cast<E*>(x)[j] = rotation.split(static_cast<E*>(x)[j]) * factor;
  };
  k.joinLanes = [](void* x, size_t from, size_t to, const Fr* start, const Fr* step, const Fr* eighths) {
    const typename V::Rotation rotation(eighths);
    E factor = V::enter(start);
    const E next = V::enter(step);
    for (size_t j = from; j < to; j++, factor = factor * next)
      static_cast<E*>(x)[j] = rotation.join(static_cast<E*>(x)[j] * factor);
  };
  k.split = [](void* x, const void* factors, size_t q, size_t begin, size_t end) {
    T::split(static_cast<E*>(x), static_cast<const F*>(factors), q, begin, end);
  };
  k.splitAll = [](void* x, const void* factors, size_t size) {
    T::splitAll(static_cast<E*>(x), static_cast<const F*>(factors), size);
  };
  k.join = [](void* x, const void* factors, size_t q, size_t begin, size_t end) {
    T::join(static_cast<E*>(x), static_cast<const F*>(factors), q, begin, end);
  };
  k.joinAll = [](void* x, const void* factors, size_t size) {
    T::joinAll(static_cast<E*>(x), static_cast<const F*>(factors), size);
  };
  k.shift = [](void* x, const void* coset, const Fr* perLane, size_t from, size_t to) {
    const E lanes = V::enter(perLane);
    for (size_t j = from; j < to; j++)
      static_cast<E*>(x)[j] = static_cast<E*>(x)[j] * lanes * V::spread(static_cast<const F*>(coset)[j]);
  };
  k.finish = [](const void* a, const void* b, const void* c, size_t size, size_t from, size_t to, U256* out) {
    for (size_t j = from; j < to; j++) {
      const E quotient = V::difference(static_cast<const E*>(a)[j] * static_cast<const E*>(b)[j], static_cast<const E*>(c)[j]);
      V::store(quotient, out + j, size / V::LANES);
    }
  };
  return k;
}

}  // namespace provega
