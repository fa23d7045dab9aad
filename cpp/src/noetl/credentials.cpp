#include "noetl/credentials.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/names.hpp"

namespace noetl::nats::playbook {
namespace {

namespace fs = std::filesystem;

bool is_alias(const std::string& alias) {
  return !alias.empty() && alias.front() != '.' &&
         std::all_of(alias.begin(), alias.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-'; });
}

std::string variable_of(const std::string& alias) {
  std::string name = "NOETL_CREDENTIAL_";
  for (const unsigned char c : alias) name += std::isalnum(c) != 0 ? static_cast<char>(std::toupper(c)) : '_';
  return name;
}

std::string trimmed(std::string text) {
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!text.empty() && blank(static_cast<unsigned char>(text.back()))) text.pop_back();
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), [&](char c) { return blank(static_cast<unsigned char>(c)); }));
  return text;
}

Result<std::string> stored_text(const std::string& alias, const Environment& environment) {
  if (const auto value = environment.get(variable_of(alias)); value && !trimmed(*value).empty()) return trimmed(*value);
  const fs::path path = credential_store(environment) / alias;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0)
    return fail(Code::not_found, fmt::format("credential {} does not exist", in_quotes(alias)),
                fmt::format("store it: noetl credential set {}", alias));
  if ((status.st_mode & 077) != 0)
    return fail(Code::permission_denied, fmt::format("the credential file {} can be read by others", path.string()),
                fmt::format("chmod 600 {}", path.string()));
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(Code::permission_denied, fmt::format("cannot read the credential file {}", path.string()));
  return trimmed(text.str());
}

}  // namespace

std::filesystem::path credential_store(const Environment& environment) {
  if (const auto dir = environment.get("NOETL_CREDENTIALS_DIR")) return *dir;
  if (const auto config = environment.get("XDG_CONFIG_HOME")) return fs::path(*config) / "noetl" / "credentials";
  return fs::path(environment.get("HOME").value_or("/")) / ".config" / "noetl" / "credentials";
}

Result<Json> credential(const std::string& alias, const Environment& environment) {
  if (!is_alias(alias))
    return fail(Code::invalid_argument, fmt::format("{} is not a credential alias", in_quotes(alias)),
                "an alias has letters, digits and . _ - only");
  NN_TRY(const auto text, stored_text(alias, environment));
  Json document = Json::parse(text, nullptr, false);
  if (document.is_object()) return document;
  return Json{{"url", text}};
}

}  // namespace noetl::nats::playbook
