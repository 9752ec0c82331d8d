#include "napi.hpp"

#include <memory>

namespace provega {
namespace {

/// For calls that fail only if we misuse them.
void must(napi_status status) {
  if (status != napi_ok) throw Error{"NativeFailure", "Node-API refused a call with status " + std::to_string(status)};
}

napi_value toJs(napi_env env, const Value& value) {
  struct Visitor {
    napi_env env;
    napi_value operator()(std::monostate) const {
      napi_value out;
      must(napi_get_undefined(env, &out));
      return out;
    }
    napi_value operator()(bool flag) const {
      napi_value out;
      must(napi_get_boolean(env, flag, &out));
      return out;
    }
    napi_value operator()(double number) const {
      napi_value out;
      must(napi_create_double(env, number, &out));
      return out;
    }
    napi_value operator()(const std::string& text) const {
      napi_value out;
      must(napi_create_string_utf8(env, text.data(), text.size(), &out));
      return out;
    }
    napi_value operator()(const Bytes& bytes) const {
      void* data;
      napi_value buffer, out;
      must(napi_create_arraybuffer(env, bytes.size(), &data, &buffer));
      std::copy(bytes.begin(), bytes.end(), static_cast<uint8_t*>(data));
      must(napi_create_typedarray(env, napi_uint8_array, bytes.size(), buffer, 0, &out));
      return out;
    }
    napi_value operator()(const Object& object) const {
      napi_value out;
      must(napi_create_object(env, &out));
      for (const auto& [name, value] : object) must(napi_set_named_property(env, out, name.c_str(), toJs(env, value)));
      return out;
    }
    napi_value operator()(const List& list) const {
      napi_value out;
      must(napi_create_array_with_length(env, list.size(), &out));
      for (size_t i = 0; i < list.size(); i++) must(napi_set_element(env, out, static_cast<uint32_t>(i), toJs(env, list[i])));
      return out;
    }
  };
  using Base = std::variant<std::monostate, bool, double, std::string, Bytes, Object, List>;
  return std::visit(Visitor{env}, static_cast<const Base&>(value));
}

struct Failure {
  std::string code, message;
};

/// What went wrong in `work`, if anything.
template <class Act>
bool attempt(const Act& act, Failure& failure) {
  try {
    act();
    return true;
  } catch (const Error& error) {
    failure = {error.code, error.what()};
  } catch (const std::bad_alloc&) {
    failure = {"OutOfMemory", "not enough memory"};
  } catch (const std::exception& error) {
    failure = {"NativeFailure", error.what()};
  }
  return false;
}

napi_value errorOf(napi_env env, const Failure& failure) {
  napi_value code, message, error;
  napi_create_string_utf8(env, failure.code.data(), failure.code.size(), &code);
  napi_create_string_utf8(env, failure.message.data(), failure.message.size(), &message);
  napi_create_error(env, code, message, &error);
  return error;
}

napi_value callSync(napi_env env, napi_callback_info info) {
  void* data;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  napi_value out = nullptr;
  Failure failure;
  const auto function = reinterpret_cast<Value (*)(const Arguments&)>(data);
  if (!attempt([&] { out = toJs(env, function(Arguments(env, info))); }, failure)) napi_throw(env, errorOf(env, failure));
  return out;
}

struct Task {
  Work work;
  Value value;
  Failure failure;
  bool isDone = false;
  napi_deferred deferred = nullptr;
  napi_async_work handle = nullptr;
};

void execute(napi_env, void* data) {
  Task& task = *static_cast<Task*>(data);
  task.isDone = attempt([&] { task.value = task.work(); }, task.failure);
}

void complete(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Task> task(static_cast<Task*>(data));
  // Before the promise settles: it may hold the last reference to a progress callback.
  task->work = nullptr;
  napi_value result = nullptr;
  if (task->isDone) task->isDone = attempt([&] { result = toJs(env, task->value); }, task->failure);
  if (task->isDone) napi_resolve_deferred(env, task->deferred, result);
  else napi_reject_deferred(env, task->deferred, errorOf(env, task->failure));
  napi_delete_async_work(env, task->handle);
}

napi_value callAsync(napi_env env, napi_callback_info info) {
  void* data;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  const auto function = reinterpret_cast<Work (*)(const Arguments&)>(data);
  napi_value promise = nullptr;
  Failure failure;
  const bool isBegun = attempt(
      [&] {
        auto task = std::make_unique<Task>();
        task->work = function(Arguments(env, info));
        napi_value name;
        must(napi_create_string_utf8(env, "provega", NAPI_AUTO_LENGTH, &name));
        must(napi_create_promise(env, &task->deferred, &promise));
        must(napi_create_async_work(env, nullptr, name, execute, complete, task.get(), &task->handle));
        must(napi_queue_async_work(env, task->handle));
        task.release();
      },
      failure);
  if (!isBegun) napi_throw(env, errorOf(env, failure));
  return promise;
}

[[noreturn]] void misused(const char* name, const std::string& wanted) {
  throw Error{"InvalidArgument", std::string(name) + " must be " + wanted};
}

}  // namespace

Arguments::Arguments(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = 0;
  must(napi_get_cb_info(env, info, &count, nullptr, nullptr, nullptr));
  values_.resize(count);
  must(napi_get_cb_info(env, info, &count, values_.data(), nullptr, nullptr));
}

napi_value Arguments::at(size_t i) const {
  if (i < values_.size()) return values_[i];
  napi_value undefined;
  must(napi_get_undefined(env_, &undefined));
  return undefined;
}

bool Arguments::isAbsent(size_t i) const {
  napi_valuetype type;
  must(napi_typeof(env_, at(i), &type));
  return type == napi_undefined || type == napi_null;
}

View Arguments::bytes(size_t i, const char* name, size_t unit) const {
  bool isTyped = false;
  must(napi_is_typedarray(env_, at(i), &isTyped));
  napi_typedarray_type type = napi_int8_array;
  size_t size = 0;
  void* data = nullptr;
  if (isTyped) must(napi_get_typedarray_info(env_, at(i), &type, &size, &data, nullptr, nullptr));
  if (type != napi_uint8_array) misused(name, "a Uint8Array");
  if (size % unit) misused(name, "a multiple of " + std::to_string(unit) + " bytes, not " + std::to_string(size));
  return {static_cast<const uint8_t*>(data), size};
}

View Arguments::exactly(size_t i, const char* name, size_t size) const {
  const View view = bytes(i, name);
  if (view.size != size) misused(name, std::to_string(size) + " bytes, not " + std::to_string(view.size));
  return view;
}

Bytes Arguments::copy(size_t i, const char* name, size_t unit) const {
  const View view = bytes(i, name, unit);
  return view.size ? Bytes(view.data, view.data + view.size) : Bytes();
}

std::string Arguments::text(size_t i, const char* name) const {
  size_t size = 0;
  if (napi_get_value_string_utf8(env_, at(i), nullptr, 0, &size) != napi_ok) misused(name, "a string");
  std::string out(size, '\0');
  must(napi_get_value_string_utf8(env_, at(i), out.data(), size + 1, &size));
  if (out.find('\0') != std::string::npos) misused(name, "a string without zero bytes");
  return out;
}

uint32_t Arguments::number(size_t i, const char* name, uint32_t most) const {
  double value = -1;
  const napi_status status = napi_get_value_double(env_, at(i), &value);
  if (status != napi_ok || !(value >= 0) || value > most || value != static_cast<uint32_t>(value))
    misused(name, "a whole number from 0 to " + std::to_string(most));
  return static_cast<uint32_t>(value);
}

bool Arguments::flag(size_t i, const char* name) const {
  bool value = false;
  if (napi_get_value_bool(env_, at(i), &value) != napi_ok) misused(name, "a boolean");
  return value;
}

Report Arguments::report(size_t i, const char* name) const {
  if (isAbsent(i)) return [](const std::string&, double) {};
  napi_valuetype type;
  must(napi_typeof(env_, at(i), &type));
  if (type != napi_function) misused(name, "a function");

  struct Step {
    std::string what;
    double share;
  };
  const auto call = [](napi_env env, napi_value callback, void*, void* data) {
    const std::unique_ptr<Step> step(static_cast<Step*>(data));
    if (!env) return;  // the environment is going down
    napi_value arguments[2], self;
    napi_create_string_utf8(env, step->what.data(), step->what.size(), &arguments[0]);
    napi_create_double(env, step->share, &arguments[1]);
    napi_get_undefined(env, &self);
    napi_call_function(env, self, callback, 2, arguments, nullptr);
  };
  napi_value resource;
  must(napi_create_string_utf8(env_, "provega progress", NAPI_AUTO_LENGTH, &resource));
  napi_threadsafe_function raw;
  must(napi_create_threadsafe_function(env_, at(i), nullptr, resource, 0, 1, nullptr, nullptr, nullptr, call, &raw));
  const std::shared_ptr<std::remove_pointer_t<napi_threadsafe_function>> shared(
      raw, [](napi_threadsafe_function function) { napi_release_threadsafe_function(function, napi_tsfn_release); });
  return [shared](const std::string& what, double share) {
    auto step = std::make_unique<Step>(Step{what, share});
    if (napi_call_threadsafe_function(shared.get(), step.get(), napi_tsfn_nonblocking) == napi_ok) step.release();
  };
}

void Exports::define(const char* name, napi_callback callback, void* data) {
  napi_value function;
  must(napi_create_function(env_, name, NAPI_AUTO_LENGTH, callback, data, &function));
  must(napi_set_named_property(env_, target_, name, function));
}

void Exports::sync(const char* name, Value (*function)(const Arguments&)) {
  define(name, callSync, reinterpret_cast<void*>(function));
}

void Exports::async(const char* name, Work (*function)(const Arguments&)) {
  define(name, callAsync, reinterpret_cast<void*>(function));
}

}  // namespace provega
