/// Memory for secrets.
#pragma once

#include <cstring>
#include <memory>

namespace provega {

/// `count` zeroed elements, wiped when they go. Nothing can promise that no copy stays in registers or on a stack.
template <class T>
class Wiped {
 public:
  explicit Wiped(size_t count) : data_(new T[count]()), count_(count) {}
  ~Wiped() {
    if (data_) explicit_bzero(data_.get(), count_ * sizeof(T));
  }
  Wiped(Wiped&&) = default;
  Wiped& operator=(Wiped&&) = delete;

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return count_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  std::unique_ptr<T[]> data_;
  size_t count_;
};

}  // namespace provega
