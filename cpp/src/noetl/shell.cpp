// noetl-nats __shell FILE FD: puts values of nats results into a command of a shell step, and becomes the shell that runs it.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/bytes.hpp"
#include "noetl/commands.hpp"
#include "noetl/conditions.hpp"
#include "noetl/step_report.hpp"
#include "noetl/step_variables.hpp"
#include "noetl/template/template.hpp"
#include "noetl/template/value.hpp"
#include "sys/files.hpp"

namespace noetl::nats::playbook {
namespace {

/// Linux takes no longer argument (MAX_ARG_STRLEN, 32 pages), with its final NUL.
constexpr std::size_t kLongestArgument = 131071;

std::string read_all(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const auto got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

/// As the engine writes values into text: text as it is, nothing for null and what is missing, else JSON.
std::string pasted(const Json& value) {
  if (is_undefined(value) || value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : dump(value);
}

Result<std::string> text_of_value(const Json& wanted, const Json& variables) {
  Json found = variables.value(wanted["root"].get<std::string>(), undefined());
  if (wanted["path"].empty()) found = member(found, "result");
  for (const auto& each : wanted["path"]) {
    const auto step = each.get<std::string>();
    found = step.front() == '[' ? item(found, Json(std::stoull(step.substr(1)))) : member(found, step);
  }
  const Json scope{{"text", pasted(found)}};
  NN_TRY(const auto filtered, Template::parse("{{ text" + wanted["filter"].get<std::string>() + " }}"));
  return filtered.render(scope);
}

Result<std::string> filled(const StepDescription& description, const std::string& input) {
  const auto marker = description.text("marker");
  auto frames = frames_of(input, marker);
  if (frames.empty()) return fail(Code::internal, "the engine has handed over no command");
  const std::string command = std::move(frames.back());
  frames.pop_back();
  NN_TRY(const auto variables, step_variables(description, frames));
  const auto& values = description.document["values"];
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto token = fmt::format("{}:{};", marker, i);
    const auto found = command.find(token, at);
    if (found == std::string::npos) return fail(Code::internal, "the engine has changed the command");
    NN_TRY(const auto value, text_of_value(values[i], variables));
    if (value.find('\0') != std::string::npos)
      return fail(Code::invalid_argument,
                  fmt::format("the value of {} has a NUL character, which no command can have", values[i]["root"].get<std::string>()),
                  "use it in a nats step, or write it to a file with object_get");
    out += command.substr(at, found - at) + value;
    at = found + token.size();
  }
  return out + command.substr(at);
}

/// Does not come back when it succeeds. A command that is too long for an argument is read from a file by the shell.
Error become_shell(const StepDescription& description, std::string command) {
  if (command.size() > kLongestArgument) {
    const auto file = fmt::format("{}/command-{}", description.text("directory"), random_hex(8));
    if (const auto written = sys::write_file(file, command, 0600, sys::Durable::no); !written) return written.error();
    command = ". " + shell_quoted(file);
  }
  std::string name = "bash", option = "-c";
  const std::array<char*, 4> words{name.data(), option.data(), command.data(), nullptr};
  execvp(words[0], words.data());
  return Error{.code = Code::failed_precondition, .message = fmt::format("cannot start bash: {}", std::strerror(errno)), .hint = {}};
}

}  // namespace

int shell_command(const std::vector<std::string>& arguments) {
  int fd = -1;
  if (arguments.size() != 2 || std::from_chars(arguments[1].data(), arguments[1].data() + arguments[1].size(), fd).ec != std::errc{})
    return exit_status(Code::invalid_argument);
  const auto description = StepDescription::read(arguments.front());
  if (!description) return exit_status(description.error().code);
  const auto input = read_all(fd);
  close(fd);
  auto command = filled(*description, input);
  if (!command) return fail_step(*description, command.error());
  return fail_step(*description, become_shell(*description, std::move(*command)));
}

}  // namespace noetl::nats::playbook
