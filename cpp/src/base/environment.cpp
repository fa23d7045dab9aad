#include "base/environment.hpp"

#include <string_view>

extern "C" char** environ;  // POSIX

namespace noetl::nats {

Environment Environment::of_process() {
  std::map<std::string, std::string> values;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) values.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return Environment(std::move(values));
}

}  // namespace noetl::nats
