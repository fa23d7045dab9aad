// The work of lower(): documents, their steps, and what refers to nats steps. Private to noetl/.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "noetl/lower.hpp"
#include "noetl/references.hpp"
#include "yaml/reader.hpp"

namespace noetl::nats::playbook {

class Document;

/// What all playbooks of one run share.
struct Run {
  const LowerRequest& request;
  const RunDirectory& directory;
  std::string marker;  ///< 128 random bits: no value can forge a frame
  int files = 0;
  std::map<std::string, std::filesystem::path> lowered;  ///< by canonical path; set before descending, so that cycles end
  std::map<std::string, Document*> callers = {};         ///< nats steps of the playbooks around the one that is lowered
  Json typed = Json::object();                           ///< their typed defaults, as Document::typed_
};

/// Where a message points to.
struct Place {
  std::string file;
  const yaml::Document* document = nullptr;
  std::string pointer;  ///< JSON pointer of the value
  std::string step;
};
/// invalid_argument "FILE:LINE: step 's': MESSAGE".
[[nodiscard]] Error problem_at(const Place& place, std::string message, std::string hint = {});

/// The file to run for a playbook: a lowered one in the run directory, or the playbook itself (absolute) when it has nothing
/// to lower. `top`: the playbook that the user named; only there are --set values known.
[[nodiscard]] Result<std::filesystem::path> lower_file(Run& run, const std::filesystem::path& playbook, bool top);

/// What stands in a text in place of a reference to a nats step, with the engine's filter behind it ("" or " | upper").
using Replacement = std::function<Result<std::string>(const Reference& chain, const std::string& filter)>;

/// One document while it is lowered.
class Document {
 public:
  Document(Run& run, std::filesystem::path file, yaml::Document source, bool top);

  /// Nothing: no nats step and no sub-playbook that has one.
  [[nodiscard]] Result<std::optional<Json>> lower();

 private:
  // lowering.cpp: steps and tools
  [[nodiscard]] Result<void> find_nats_steps();
  [[nodiscard]] Result<bool> lower_children();
  void know_callers();
  [[nodiscard]] bool mentions_callers() const;
  [[nodiscard]] Document& owner_of(const std::string& step);
  void prepare_workload();
  [[nodiscard]] Result<void> lower_step(std::size_t index);
  [[nodiscard]] Result<Json> step_command(const Place& place, const Json& tool, const Json& loop);
  [[nodiscard]] Result<void> lower_tool(const std::string& step, Json& tool, const Place& place);
  [[nodiscard]] Result<void> call_dynamic(Json& step, const Place& place, std::vector<Json>& extra);
  void export_results();

  // shell_lowering.cpp: commands of shell steps
  [[nodiscard]] Result<void> lower_commands(Json& tool, const Place& place);
  [[nodiscard]] Result<std::string> shell_command(const std::string& text, const Place& place);
  std::string by_file(const std::string& step, Json& prefixes);

  // rewriting.cpp: what the engine evaluates
  [[nodiscard]] Result<std::string> replaced(const std::string& text, const Place& place, const Replacement& replacement) const;
  [[nodiscard]] Result<std::string> rewritten(const std::string& text, const Place& place);
  [[nodiscard]] Result<void> rewrite(Json& value, Place place);
  [[nodiscard]] Result<std::string> simple_condition(const std::string& text, const Place& place);
  [[nodiscard]] std::string decided(const std::string& step, const std::string& expression);
  [[nodiscard]] Result<void> lower_conditions(Json& step, Place place);
  [[nodiscard]] Result<void> lower_arcs(Json& step, Json& arcs, bool exclusive, const Place& place);
  [[nodiscard]] bool decides_by_ours(const std::string& condition) const;
  [[nodiscard]] bool touches(const std::string& text) const;
  [[nodiscard]] Result<std::string> exported(const Reference& chain, const Place& place);
  [[nodiscard]] Result<std::string> exact(const Reference& chain, const Place& place);
  [[nodiscard]] std::set<std::string> step_names() const;
  [[nodiscard]] Result<std::string> rhai_variable(const Reference& chain, const Place& place);

  // paths.cpp
  [[nodiscard]] std::optional<std::string> constant(const std::string& text) const;
  [[nodiscard]] Result<std::string> base_directory() const;
  [[nodiscard]] Result<std::string> absolute(const std::string& text, const Place& place) const;

  Run& run_;
  std::filesystem::path file_;
  yaml::Document source_;
  bool top_;
  Json doc_;
  std::set<std::string> nats_;                                         ///< names of nats steps, callers' included
  std::map<std::string, Document*> callers_;                           ///< nats steps of callers that this playbook can see
  std::map<std::string, std::map<std::string, std::string>> exports_;  ///< step → engine variable → its template
  std::map<std::string, std::vector<std::string>> conditions_;         ///< step → conditions that it decides
  std::map<std::string, std::filesystem::path> children_;              ///< playbook step → file to run; dynamic ones are absent
  Json typed_ = Json::object();                                        ///< workload defaults that are no text: {default, twin}
  std::string within_;                 ///< while the `vars` of a nats step are rewritten: that step, which is `result` there
  std::set<std::string> steps_named_;  ///< of all steps: templates may name one with a hyphen
  std::string results_;
  std::vector<Json> steps_;
};

}  // namespace noetl::nats::playbook
