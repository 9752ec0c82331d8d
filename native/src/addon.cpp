/// The module that Node loads.
#include "cpu.hpp"
#include "napi.hpp"

namespace provega {

void bindArithmetic(Exports& exports);
void bindCrypto(Exports& exports);
void bindFiles(Exports& exports);
void bindProver(Exports& exports);
void bindSetup(Exports& exports);

}  // namespace provega

NAPI_MODULE_INIT() {
  if (!provega::hasCompiledFor()) {
    napi_throw_error(env, "WrongProcessor", "the native core was compiled for a processor with BMI2 and ADX");
    return nullptr;
  }
  provega::Exports target(env, exports);
  provega::bindArithmetic(target);
  provega::bindCrypto(target);
  provega::bindFiles(target);
  provega::bindProver(target);
  provega::bindSetup(target);
  return exports;
}
