// define<In, Out>(info, run): the last line of every file under ops/.
#pragma once

#include <utility>

#include "engine/context.hpp"
#include "noetl/nats/operation.hpp"
#include "schema/fields.hpp"
#include "schema/types.hpp"

namespace noetl::nats {

// What the files under ops/ write without a prefix.
using schema::field;

/// `status` of a result. Operations whose absence is a result put a member `std::string status = "success"` into their Out.
inline constexpr const char* kSuccess = "success";
inline constexpr const char* kNotFound = "not_found";

/// The document of an Out: its members, `status` first.
template <class Out>
[[nodiscard]] Json result_document(const Out& out) {
  Json document{{"status", kSuccess}};
  document.update(schema::encode(out));
  return document;
}

/// An In may have a member `void check(schema::Problems&)` for what no field can say alone (one of two, a configuration): it
/// runs after reading, before anything connects.
template <class In, class Out>
[[nodiscard]] Operation define(OperationInfo info, Result<Out> (*run)(Context&, const In&)) {
  Operation operation;
  operation.info = std::move(info);
  operation.input = &schema::describe<In>();
  operation.output = &schema::describe<Out>();
  operation.bind = [run](const Json& params, const schema::StructInfo* common, schema::Problems& problems) -> Operation::Call {
    auto in = std::make_shared<In>();
    std::vector<const schema::StructInfo*> also;
    if (common != nullptr) also.push_back(common);
    schema::read_struct(schema::describe<In>(), params, in.get(), "", problems, also);
    if constexpr (requires { in->check(problems); }) in->check(problems);
    return [run, in](Context& context) -> Result<Json> {
      NN_TRY(const Out out, run(context, *in));
      return result_document(out);
    };
  };
  return operation;
}

}  // namespace noetl::nats
