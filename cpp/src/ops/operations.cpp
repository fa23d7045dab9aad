// The list of operations, from the files that CMake found (generated/ops/list.inc).
#include "noetl/nats/registry.hpp"

namespace noetl::nats {
namespace ops {
#define NN_OP(name, noun, verb) Operation op_##name();
#include "ops/list.inc"
#undef NN_OP
}  // namespace ops

const Registry& operations() {
#define NN_OP(name, noun, verb) {#name, noun, verb, ops::op_##name},
  static const Registry registry({
#include "ops/list.inc"
  });
#undef NN_OP
  return registry;
}

}  // namespace noetl::nats
