/// Functions of C++ for JavaScript, over Node-API. What crosses is bytes, text, numbers and booleans; everything is checked here.
///
///   void bindFiles(Exports& exports) {
///     exports.sync("double", [](const Arguments& given) -> Value { return 2.0 * given.number(0, "x", 1 << 20); });
///     exports.async("prove", [](const Arguments& given) -> Work {
///       return [key = given.text(0, "key"), witness = given.copy(1, "witness", 32)]() -> Value { return prove(key, witness); };
///     });
///   }
///
/// An asynchronous function reads its arguments at once, into a closure that owns them; that runs on a thread of Node's pool and settles
/// the promise. `Error` becomes an Error with `code` in JavaScript.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <node_api.h>

#include "error.hpp"

namespace provega {

using Bytes = std::vector<uint8_t>;

struct Value;
using Object = std::vector<std::pair<std::string, Value>>;
using List = std::vector<Value>;
/// undefined, a boolean, a number, a string, a Uint8Array, an object or an array.
struct Value : std::variant<std::monostate, bool, double, std::string, Bytes, Object, List> {
  using variant::variant;
};

/// Bytes of the caller's; valid until the function returns.
struct View {
  const uint8_t* data;
  size_t size;
};

using Work = std::function<Value()>;

/// Tells JavaScript how far a long work is: `what` and a share from 0 to 1. May be called on any thread, and does not wait.
using Report = std::function<void(const std::string& what, double share)>;

class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info);

  /// Left out, undefined or null.
  bool isAbsent(size_t i) const;
  /// A Uint8Array with a multiple of `unit` bytes.
  View bytes(size_t i, const char* name, size_t unit = 1) const;
  /// One of exactly `size` bytes.
  View exactly(size_t i, const char* name, size_t size) const;
  /// A copy that an asynchronous work may keep.
  Bytes copy(size_t i, const char* name, size_t unit = 1) const;
  std::string text(size_t i, const char* name) const;
  /// A whole number from 0 to `most`.
  uint32_t number(size_t i, const char* name, uint32_t most) const;
  bool flag(size_t i, const char* name) const;
  /// A function (what: string, share: number) => void, or one that does nothing if absent.
  Report report(size_t i, const char* name) const;

 private:
  napi_value at(size_t i) const;
  napi_env env_;
  std::vector<napi_value> values_;
};

class Exports {
 public:
  Exports(napi_env env, napi_value target) : env_(env), target_(target) {}
  void sync(const char* name, Value (*function)(const Arguments&));
  void async(const char* name, Work (*function)(const Arguments&));

 private:
  void define(const char* name, napi_callback callback, void* data);
  napi_env env_;
  napi_value target_;
};

}  // namespace provega
