// Command line options made from described fields.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "noetl/nats/json.hpp"
#include "schema/struct_info.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace noetl::nats::cli {

/// Adds the fields of a struct to a CLI11 app and collects what was given as parameters of an operation.
class FieldOptions {
 public:
  /// Adds each field as an option, positional ones also without a flag. Fields that `skip` has are left out.
  void add(CLI::App& app, const schema::StructInfo& info, const std::string& group, const schema::StructInfo* skip = nullptr);

  /// The parameters that were given. Texts stay texts (the schema converts them); `@FILE` and `-` of JSON fields are read.
  [[nodiscard]] Result<Json> params() const;

 private:
  struct Given {
    const schema::FieldInfo* field;
    std::vector<std::string> texts;
    bool flag = false;
    CLI::Option* option = nullptr;
  };
  std::vector<std::unique_ptr<Given>> given_;
};

/// "max_bytes" is "max-bytes".
[[nodiscard]] std::string kebab(std::string name);

}  // namespace noetl::nats::cli
