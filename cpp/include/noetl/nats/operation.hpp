// An operation: declared once, in one file under cpp/src/ops/<noun>/<verb>.cpp. Every surface is derived from it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "noetl/nats/result.hpp"

namespace noetl::nats {

class Cancel;
class Context;

/// What an operation still has to do once its result is out (ADR 0007): acknowledge the messages that the result holds.
/// `cancel` may be null. It bounds its own time, and keeps the connection that it needs.
using AfterDelivery = std::function<Result<void>(const Cancel* cancel)>;

namespace schema {
struct StructInfo;
struct Problem;
}  // namespace schema

enum class Effect {
  read,     ///< changes nothing
  write,    ///< creates or changes
  destroy,  ///< removes data: the command line asks first on a terminal
};

/// What an operation needs of the world: decides which common parameters it takes.
enum class Needs {
  nothing,     ///< no connection (say, describe)
  connection,  ///< the connection parameters: url, user, ...
  instance,    ///< a deployed instance; the connection parameters default to its record
};

/// What a playbook step or a command shows a person when the operation has succeeded.
enum class Shows {
  line,    ///< one line: operation, thing, outcome
  result,  ///< the result as text (deploy family, health, status, ...)
};

struct Example {
  std::string title;
  Json params;
};

struct OperationInfo {
  std::string summary;           ///< one sentence with a full stop
  std::string description = {};  ///< more, in Markdown
  Effect effect = Effect::read;
  std::string destroys_with = {};  ///< of Effect::destroy: the parameter without which nothing is lost (purge)
  bool idempotent = true;          ///< running it twice gives the same end state
  Needs needs = Needs::connection;
  Shows shows = Shows::line;
  std::vector<Code> errors = {};  ///< beyond those that every operation can give
  std::string since = "2.9";      ///< first server version
  std::vector<Example> examples = {};
  /// A result that has this member is that text: a command prints it as it is, in a pipe too (lines for Nagios, metrics).
  std::string prints = {};
  /// With which status a command exits for a result, when not as the architecture has it (plugins of Nagios).
  std::function<std::optional<int>(const Json& result)> exit_status = {};
  /// The result as text for a person; empty: a generic table. `width` is the terminal's, `color` whether to use it.
  std::function<std::string(const Json& result, bool color)> text = {};
};

struct Operation {
  std::string name;  ///< "kv_get"; set by the registry, with noun ("kv") and verb ("get"): the path of its file
  std::string noun;
  std::string verb;
  OperationInfo info;
  const schema::StructInfo* input = nullptr;
  const schema::StructInfo* output = nullptr;

  using Call = std::function<Result<Json>(Context&)>;
  /// Reads and checks the operation's own parameters: a call that is ready to run, and all problems found.
  /// `common` describes the parameters that the runtime reads itself.
  std::function<Call(const Json& params, const schema::StructInfo* common, std::vector<schema::Problem>& problems)> bind;
};

}  // namespace noetl::nats
