#include "wire/message.hpp"

#include <nats/nats.h>

#include <charconv>
#include <cstdlib>

namespace noetl::nats::wire {
namespace {

std::string_view view(const char* text) { return text == nullptr ? std::string_view{} : std::string_view{text}; }

natsMsg* raw(const Message::Handle& handle) { return static_cast<natsMsg*>(handle.get()); }

struct Free {
  void operator()(const char** list) const { std::free(static_cast<void*>(list)); }
};
using StringList = std::unique_ptr<const char*, Free>;

}  // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const auto& [key, value] : lines_)
    if (key == name) return value;
  return std::nullopt;
}

std::string_view Message::subject() const { return handle_ ? view(natsMsg_GetSubject(raw(handle_))) : std::string_view{}; }
std::string_view Message::reply() const { return handle_ ? view(natsMsg_GetReply(raw(handle_))) : std::string_view{}; }

std::string_view Message::data() const {
  if (!handle_) return {};
  const int length = natsMsg_GetDataLength(raw(handle_));
  return {natsMsg_GetData(raw(handle_)), static_cast<std::size_t>(length)};
}

Headers Message::headers() const {
  Headers out;
  if (!handle_) return out;
  const char** keys = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(raw(handle_), &keys, &count) != NATS_OK) return out;
  const StringList owned_keys(keys);
  for (int i = 0; i < count; ++i) {
    const char** values = nullptr;
    int value_count = 0;
    if (natsMsgHeader_Values(raw(handle_), keys[i], &values, &value_count) != NATS_OK) continue;
    const StringList owned_values(values);
    for (int j = 0; j < value_count; ++j) out.add(keys[i], values[j]);
  }
  return out;
}

std::optional<std::string> Message::header(const char* name) const {
  const char* value = nullptr;
  if (!handle_ || natsMsgHeader_Get(raw(handle_), name, &value) != NATS_OK || value == nullptr) return std::nullopt;
  return value;
}

std::optional<int> Message::status() const {
  if (!data().empty()) return std::nullopt;
  const auto text = header("Status");
  if (!text) return std::nullopt;
  int code = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), code);
  if (problem != std::errc{} || end == text->data()) return std::nullopt;
  return code;
}

std::string Message::description() const { return header("Description").value_or(""); }

}  // namespace noetl::nats::wire
