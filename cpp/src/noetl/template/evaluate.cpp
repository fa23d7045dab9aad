#include "noetl/template/evaluate.hpp"

#include <fmt/format.h>

#include "noetl/template/filters.hpp"
#include "noetl/template/value.hpp"

namespace noetl::nats::playbook {
namespace {

constexpr std::size_t kLongestRange = 100'000;  // as minijinja

tl::unexpected<Error> refuse(std::string message) { return fail(Code::invalid_argument, std::move(message)); }

/// The value itself where a chain leads to one that exists: large results are not copied on the way.
const Json* borrow(const Expression& expression, const Scope& scope) {
  if (expression.kind == Expression::Kind::variable) return scope.find(expression.name);
  if (expression.kind != Expression::Kind::attribute) return nullptr;
  const Json* of = borrow(expression.children[0], scope);
  if (of == nullptr || !of->is_object()) return nullptr;
  const auto found = of->find(expression.name);
  return found == of->end() ? nullptr : &*found;
}

Result<Json> evaluate_range(const Expression& expression, const Scope& scope) {
  std::vector<std::int64_t> bounds;
  for (const auto& child : expression.children) {
    NN_TRY(const Json bound, evaluate(child, scope));
    if (!bound.is_number_integer()) return refuse(fmt::format("range takes whole numbers, not {}", type_name(bound)));
    bounds.push_back(bound.get<std::int64_t>());
  }
  const std::int64_t from = bounds.size() > 1 ? bounds[0] : 0;
  const std::int64_t to = bounds.size() > 1 ? bounds[1] : bounds[0];
  const std::int64_t step = bounds.size() > 2 ? bounds[2] : 1;
  if (step == 0) return refuse("range: the step is zero");
  Json list = Json::array();
  for (std::int64_t i = from; step > 0 ? i < to : i > to;) {
    if (list.size() >= kLongestRange) return refuse(fmt::format("range: more than {} numbers", kLongestRange));
    list.push_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return list;
}

Result<Json> evaluate_comparison(const std::string& symbol, const Json& left, const Json& right) {
  if (symbol == "==") return Json(equal(left, right));
  if (symbol == "!=") return Json(!equal(left, right));
  if (symbol == "in" || symbol == "not in") {
    NN_TRY(const bool inside, contains(right, left));
    return Json(inside == (symbol == "in"));
  }
  NN_TRY(const int order, compare(left, right));
  if (symbol == "<") return Json(order < 0);
  if (symbol == "<=") return Json(order <= 0);
  if (symbol == ">") return Json(order > 0);
  return Json(order >= 0);
}

Result<Json> evaluate_filter(const Expression& expression, const Scope& scope) {
  NN_TRY(const Json value, evaluate(expression.children[0], scope));
  std::vector<Json> arguments;
  for (std::size_t i = 1; i < expression.children.size(); ++i) {
    NN_TRY(Json argument, evaluate(expression.children[i], scope));
    arguments.push_back(std::move(argument));
  }
  return apply_filter(expression.name, value, arguments);
}

Result<Json> evaluate_list(const Expression& expression, const Scope& scope) {
  Json list = Json::array();
  for (const auto& child : expression.children) {
    NN_TRY(Json item, evaluate(child, scope));
    list.push_back(std::move(item));
  }
  return list;
}

Result<Json> evaluate_object(const Expression& expression, const Scope& scope) {
  Json object = Json::object();
  for (std::size_t i = 0; i + 1 < expression.children.size(); i += 2) {
    NN_TRY(object[expression.children[i].value.get_ref<const std::string&>()], evaluate(expression.children[i + 1], scope));
  }
  return object;
}

}  // namespace

const Json* Scope::find(const std::string& name) const {
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block)
    if (const auto found = block->find(name); found != block->end()) return &*found;
  const auto found = outermost_->find(name);
  return found == outermost_->end() ? nullptr : &*found;
}

void Scope::set(const std::string& name, Json value) { blocks_.back()[name] = std::move(value); }

Result<Json> evaluate(const Expression& expression, const Scope& scope) {
  using Kind = Expression::Kind;
  const auto child = [&](std::size_t i) { return evaluate(expression.children[i], scope); };
  switch (expression.kind) {
    case Kind::constant:
      return expression.value;
    case Kind::variable:
    case Kind::attribute: {
      if (const Json* found = borrow(expression, scope)) return *found;
      if (expression.kind == Kind::variable) return undefined();
      NN_TRY(const Json of, child(0));
      return member(of, expression.name);
    }
    case Kind::index: {
      NN_TRY(const Json index, child(1));
      if (const Json* of = borrow(expression.children[0], scope)) return item(*of, index);
      NN_TRY(const Json of, child(0));
      return item(of, index);
    }
    case Kind::slice: {
      NN_TRY(const Json of, child(0));
      NN_TRY(const Json from, child(1));
      NN_TRY(const Json to, child(2));
      NN_TRY(const Json step, child(3));
      return slice(of, from, to, step);
    }
    case Kind::list:
      return evaluate_list(expression, scope);
    case Kind::object:
      return evaluate_object(expression, scope);
    case Kind::negate: {
      NN_TRY(const Json value, child(0));
      return negated(value);
    }
    case Kind::inverse: {
      NN_TRY(const Json value, child(0));
      return Json(!is_true(value));
    }
    case Kind::arithmetic: {
      NN_TRY(const Json left, child(0));
      NN_TRY(const Json right, child(1));
      return arithmetic(expression.name, left, right);
    }
    case Kind::comparison: {
      NN_TRY(const Json left, child(0));
      NN_TRY(const Json right, child(1));
      return evaluate_comparison(expression.name, left, right);
    }
    case Kind::both:
    case Kind::either: {
      NN_TRY(Json left, child(0));
      if (is_true(left) == (expression.kind == Kind::either)) return left;
      return child(1);
    }
    case Kind::conditional: {
      NN_TRY(const Json condition, child(1));
      if (is_true(condition)) return child(0);
      return expression.children.size() > 2 ? child(2) : undefined();
    }
    case Kind::filter:
      return evaluate_filter(expression, scope);
    case Kind::test: {
      NN_TRY(const Json value, child(0));
      NN_TRY(const bool holds, apply_test(expression.name, value));
      return Json(holds);
    }
    case Kind::call:
      return evaluate_range(expression, scope);
  }
  return undefined();
}

}  // namespace noetl::nats::playbook
