#include "noetl/nats/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/names.hpp"

namespace noetl::nats {

struct Registry::Made {
  explicit Made(std::size_t count) : operations(count) {}
  ~Made() {
    for (const auto& each : operations) delete each.load();
  }
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;

  /// No lock once it is made: a child that was forked in the middle of another thread's look-up must not wait for that thread.
  const Operation* at(std::size_t place, const Entry& entry) {
    if (const auto* made = operations[place].load(std::memory_order_acquire)) return made;
    const std::lock_guard lock(mutex);
    if (const auto* made = operations[place].load(std::memory_order_acquire)) return made;
    auto operation = std::make_unique<Operation>(entry.define());
    operation->name = entry.name;
    operation->noun = entry.noun;
    operation->verb = entry.verb;
    operations[place].store(operation.get(), std::memory_order_release);
    return operation.release();
  }

  std::mutex mutex;
  std::vector<std::atomic<const Operation*>> operations;  // owned; in the order of the entries; null until asked for
};

Registry::Registry(std::vector<Entry> entries) : entries_(std::move(entries)), made_(std::make_unique<Made>(entries_.size())) {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return std::string_view(a.name) < b.name; });
}

Registry::~Registry() = default;

const Operation* Registry::find(std::string_view name) const {
  std::string wanted(name);
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), wanted,
                                      [](const Entry& each, const std::string& key) { return std::string_view(each.name) < key; });
  if (found == entries_.end() || found->name != wanted) return nullptr;
  return made_->at(static_cast<std::size_t>(found - entries_.begin()), *found);
}

std::vector<const Operation*> Registry::all() const {
  std::vector<const Operation*> out;
  for (std::size_t i = 0; i < entries_.size(); ++i) out.push_back(made_->at(i, entries_[i]));
  return out;
}

Error Registry::unknown(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& each : entries_) names.emplace_back(each.name);
  Error error{.code = Code::invalid_argument, .message = fmt::format("unknown operation {}", in_quotes(name))};
  if (const auto likely = nearest(name, names)) error.message += fmt::format("; did you mean {}?", *likely);
  error.hint = "noetl-nats ops lists all operations";
  return error;
}

}  // namespace noetl::nats
