// The list of operations, from the files that CMake found (generated/ops/list.inc).
#include "noetl/nats/registry.hpp"

namespace noetl::nats {
namespace ops {
#define NN_OP(name, noun, verb) Operation op_##name();
#include "ops/list.inc"
#undef NN_OP
}  // namespace ops

const Registry& operations() {
  static const Registry registry([] {
    std::vector<Operation> all;
    const auto add = [&](const char* name, const char* noun, const char* verb, Operation operation) {
      operation.name = name;
      operation.noun = noun;
      operation.verb = verb;
      all.push_back(std::move(operation));
    };
#define NN_OP(name, noun, verb) add(#name, noun, verb, ops::op_##name());
#include "ops/list.inc"
#undef NN_OP
    return all;
  }());
  return registry;
}

}  // namespace noetl::nats
