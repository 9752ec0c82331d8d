/// What everything native throws. The door turns it into a JavaScript error with the same code and message.
#pragma once

#include <stdexcept>
#include <string>

namespace provega {

struct Error : std::runtime_error {
  /// A string literal, such as "BadZkey": for programs; the message is for people.
  const char* code;
  Error(const char* name, const std::string& message) : std::runtime_error(message), code(name) {}
};

}  // namespace provega
