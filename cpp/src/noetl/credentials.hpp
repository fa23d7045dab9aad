// Credentials of NoETL's local store, by alias: what `noetl credential set ALIAS` writes.
#pragma once

#include <filesystem>
#include <string>

#include "base/environment.hpp"
#include "noetl/nats/result.hpp"

namespace noetl::nats::playbook {

/// The document of an alias: a JSON object (url, user, password, ...); a stored text that is not one counts as the url.
/// Looked up in $NOETL_CREDENTIAL_<ALIAS>, then in the file <store>/<alias>, where the store is $NOETL_CREDENTIALS_DIR,
/// else $XDG_CONFIG_HOME/noetl/credentials, else ~/.config/noetl/credentials. Errors: invalid_argument (not an alias),
/// not_found, permission_denied (others may read the file: NoETL refuses it too). Messages never show the content.
[[nodiscard]] Result<Json> credential(const std::string& alias, const Environment& environment);

/// Where the files lie.
[[nodiscard]] std::filesystem::path credential_store(const Environment& environment);

}  // namespace noetl::nats::playbook
