#include "noetl/template/template.hpp"

#include <fmt/format.h>

#include "noetl/template/statements.hpp"
#include "noetl/template/value.hpp"

namespace noetl::nats::playbook {
namespace {

constexpr std::size_t kLongest = std::size_t{64} << 20U;  // more than a NATS server takes
constexpr std::size_t kMostSteps = 1'000'000;

tl::unexpected<Error> refuse(std::string message) { return fail(Code::invalid_argument, std::move(message)); }

Json loop_variable(const Json& items, std::size_t i) {
  const std::size_t count = items.size();
  Json loop{{"index", i + 1},  {"index0", i},           {"revindex", count - i}, {"revindex0", count - i - 1},
            {"first", i == 0}, {"last", i + 1 == count}};
  loop.update({{"length", count}, {"depth", 1}, {"depth0", 0}});
  loop["previtem"] = i > 0 ? items[i - 1] : undefined();
  loop["nextitem"] = i + 1 < count ? items[i + 1] : undefined();
  return loop;
}

class Renderer {
 public:
  explicit Renderer(const Json& variables) : scope_(variables) {}

  Result<void> run(const std::vector<Part>& parts) {
    for (const auto& part : parts) {
      if (++steps_ > kMostSteps || out_.size() > kLongest) return fail(Code::resource_exhausted, "the template writes too much");
      NN_CHECK(run(part));
    }
    return {};
  }

  [[nodiscard]] std::string take() { return std::exchange(out_, {}); }

 private:
  Result<void> run(const Part& part) {
    switch (part.kind) {
      case Part::Kind::text:
        out_ += part.text;
        return {};
      case Part::Kind::output: {
        NN_TRY(const Json value, evaluate(part.expression, scope_));
        out_ += text_of(value);
        return {};
      }
      case Part::Kind::condition:
        return condition(part);
      case Part::Kind::loop:
        return loop(part);
      case Part::Kind::assignment:
        return assignment(part);
    }
    return {};
  }

  Result<void> condition(const Part& part) {
    for (const auto& branch : part.branches) {
      if (branch.when) {
        NN_TRY(const Json holds, evaluate(*branch.when, scope_));
        if (!is_true(holds)) continue;
      }
      return run(branch.body);
    }
    return {};
  }

  Result<void> bind(const std::vector<std::string>& names, const Json& value) {
    if (names.size() == 1) return scope_.set(names[0], value), Result<void>{};
    if (!value.is_array() || value.size() != names.size())
      return refuse(fmt::format("{} names cannot take {}", names.size(),
                                value.is_array() ? fmt::format("{} items", value.size()) : type_name(value)));
    for (std::size_t i = 0; i < names.size(); ++i) scope_.set(names[i], value[i]);
    return {};
  }

  /// The items that a loop runs over: those that its `if` lets through.
  Result<Json> selected(const Part& part, const Json& over) {
    NN_TRY(Json items, items_of(over));
    if (!part.filter) return items;
    Json chosen = Json::array();
    for (const auto& item : items) {
      scope_.push();
      NN_CHECK(bind(part.names, item));
      NN_TRY(const Json holds, evaluate(*part.filter, scope_));
      scope_.pop();
      if (is_true(holds)) chosen.push_back(item);
    }
    return chosen;
  }

  Result<void> loop(const Part& part) {
    NN_TRY(const Json over, evaluate(part.expression, scope_));
    if (over.is_string()) return refuse("a text cannot be gone through; its characters can: `| list`");
    NN_TRY(const Json items, selected(part, over));
    if (items.empty()) return part.branches.size() > 1 ? run(part.branches[1].body) : Result<void>{};
    for (std::size_t i = 0; i < items.size(); ++i) {
      scope_.push();
      NN_CHECK(bind(part.names, items[i]));
      if (part.reads_loop) scope_.set("loop", loop_variable(items, i));
      NN_CHECK(run(part.branches[0].body));
      scope_.pop();
    }
    return {};
  }

  Result<void> assignment(const Part& part) {
    if (part.captures) {
      std::string outer = take();
      NN_CHECK(run(part.branches[0].body));
      const Json value = take();
      out_ = std::move(outer);
      return bind(part.names, value);
    }
    NN_TRY(const Json value, evaluate(part.expression, scope_));
    return bind(part.names, value);
  }

  Scope scope_;
  std::string out_;
  std::size_t steps_ = 0;
};

void collect(const std::vector<Part>& parts, std::set<std::string>& bound, std::vector<Chain>& out) {
  for (const auto& part : parts) {
    if (part.kind == Part::Kind::output || part.kind == Part::Kind::loop || (part.kind == Part::Kind::assignment && !part.captures))
      collect_chains(part.expression, bound, out);
    std::set<std::string> inside = bound;
    if (part.kind == Part::Kind::loop) {
      inside.insert(part.names.begin(), part.names.end());
      inside.insert("loop");
      if (part.filter) collect_chains(*part.filter, inside, out);
    }
    for (const auto& branch : part.branches) {
      if (branch.when) collect_chains(*branch.when, bound, out);
      std::set<std::string> own = inside;
      collect(branch.body, own, out);
    }
    // A name that is assigned may still be read before: keeping it in the list costs one frame and loses nothing.
  }
}

}  // namespace

Result<Template> Template::parse(std::string_view text, const HyphenNames& names) {
  Template parsed;
  NN_TRY(parsed.parts_, StatementParser(text, names).run());
  return parsed;
}

bool Template::has_code(std::string_view text) {
  for (const auto* mark : {"{{", "{%", "{#"})
    if (text.find(mark) != std::string_view::npos) return true;
  return false;
}

Result<std::string> Template::render(const Json& variables) const {
  Renderer renderer(variables);
  NN_CHECK(renderer.run(parts_));
  return renderer.take();
}

const Expression* Template::single() const {
  const Expression* found = nullptr;
  for (const auto& part : parts_) {
    if (part.kind == Part::Kind::text && part.text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    if (part.kind != Part::Kind::output || found != nullptr) return nullptr;
    found = &part.expression;
  }
  return found;
}

std::vector<Chain> Template::chains() const {
  std::vector<Chain> out;
  std::set<std::string> bound;
  collect(parts_, bound, out);
  return out;
}

}  // namespace noetl::nats::playbook
