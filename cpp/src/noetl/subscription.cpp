// noetl subscribe SPEC: the playbook that it runs for each message, lowered.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "noetl/lower.hpp"
#include "noetl/plan.hpp"
#include "sys/files.hpp"
#include "yaml/reader.hpp"

namespace noetl::nats::playbook {
namespace {

namespace fs = std::filesystem;

/// Options of `noetl subscribe` (5.3.2) that take a value.
constexpr std::array kValued{"--dispatch",     "--server-url", "--events",       "--spool-dir",
                             "--playbook-dir", "--credential", "--max-messages", "--context"};

struct Subscribe {
  std::size_t spec_at = 0;  ///< index of SPEC in the arguments; 0: none
  std::string playbook_dir;
  bool local = true;
};

Subscribe read_arguments(const std::vector<std::string>& arguments) {
  Subscribe out;
  const auto command = std::find(arguments.begin(), arguments.end(), "subscribe");
  for (auto i = static_cast<std::size_t>(command - arguments.begin()) + 1; i < arguments.size(); ++i) {
    const auto equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    if (name == "--help" || name == "-h") return {};
    if (std::find(kValued.begin(), kValued.end(), name) == kValued.end()) {
      if (!name.starts_with('-') && out.spec_at == 0) out.spec_at = i;
      continue;
    }
    std::string value = equals == std::string::npos ? "" : arguments[i].substr(equals + 1);
    if (equals == std::string::npos && i + 1 < arguments.size()) value = arguments[++i];
    if (name == "--playbook-dir") out.playbook_dir = value;
    if (name == "--dispatch") out.local = value == "local";
  }
  return out;
}

}  // namespace

Result<std::optional<Plan>> plan_subscription(const std::vector<std::string>& arguments, const Surroundings& around) {
  const Subscribe subscribe = read_arguments(arguments);
  if (subscribe.spec_at == 0 || !subscribe.local) return std::optional<Plan>{};
  const std::string& shown = arguments[subscribe.spec_at];
  const auto text = sys::read_file(shown);
  if (!text) return std::optional<Plan>{};  // the engine says it better
  NN_TRY(auto spec, yaml::read(*text, shown));
  const Json::json_pointer in_spec("/spec/dispatch/playbook"), at_top("/dispatch/playbook");
  const auto& place = spec.root.is_object() && spec.root.contains(in_spec) ? in_spec : at_top;
  if (!spec.root.is_object() || !spec.root.contains(place) || !spec.root[place].is_string()) return std::optional<Plan>{};

  const fs::path base = subscribe.playbook_dir.empty() ? fs::absolute(shown).parent_path() : fs::path(subscribe.playbook_dir);
  LowerRequest request;
  request.playbook = base / spec.root[place].get<std::string>();
  request.progress_fd = around.progress_fd;
  request.executable = around.executable;
  request.environment = around.environment;
  NN_TRY(auto run, lower(request));
  if (!run) return std::optional<Plan>{};
  spec.root[place] = run->path().string();
  const fs::path copy = run->directory() / "subscription.yaml";
  NN_CHECK(sys::write_file(copy, spec.root.dump(), 0600, sys::Durable::no));
  auto replaced = arguments;
  replaced[subscribe.spec_at] = copy.string();
  return Plan(std::move(*run), std::move(replaced), shown, false);
}

}  // namespace noetl::nats::playbook
