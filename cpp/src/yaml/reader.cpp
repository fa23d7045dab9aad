#include "yaml/reader.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <vector>

#include "base/bytes.hpp"
#include "base/names.hpp"
#include "yaml/scalar.hpp"

namespace noetl::nats::yaml {
namespace {

constexpr std::size_t kMostValues = 1'000'000;  // an alias bomb stops here
constexpr std::size_t kDeepest = 200;

Position position_from(const YAML::Mark& mark) { return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1}; }

/// Carries an Error out of yaml-cpp's event handler. Caught in read().
struct Stop {
  Error error;
  Position position;
};

std::size_t count_values(const Json& value) {
  std::size_t count = 1;
  if (value.is_structured())
    for (const auto& each : value) count += count_values(each);
  return count;
}

/// Builds the JSON value from the parser's events.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Document& document) : document_(document) {}

  void OnDocumentStart(const YAML::Mark& mark) override { last_ = position_from(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { place(Json(nullptr), mark, anchor, "null"); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(position_from(mark), "this alias refers to a value that contains it");
    place(found->second, mark, 0, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    place(scalar(mark, tag, text), mark, anchor, text);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(Json::array(), mark, tag, anchor, "tag:yaml.org,2002:seq");
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(Json::object(), mark, tag, anchor, "tag:yaml.org,2002:map");
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Json value;
    YAML::anchor_t anchor = 0;
    std::string pointer;
    std::string key;
    Position position;
    bool has_key = false;
  };

  [[noreturn]] static void stop(Position position, std::string message, std::string hint = {}) {
    throw Stop{{.code = Code::invalid_argument, .message = std::move(message), .hint = std::move(hint)}, position};
  }

  Json scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
    const bool plain = tag == "?";
    const bool typed = tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:float" || tag == "tag:yaml.org,2002:bool" ||
                       tag == "tag:yaml.org,2002:null";
    if (tag.empty() || tag == "!" || tag == "tag:yaml.org,2002:str") return Json(text);
    if (!plain && !typed)
      stop(position_from(mark), fmt::format("the tag {} is not known here", in_quotes(tag)),
           "remove the tag, or write the value as text in quotes");
    auto value = resolve_plain(text);
    if (!value) throw Stop{std::move(value).error(), position_from(mark)};
    return std::move(*value);
  }

  void open(Json empty, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const char* own_tag) {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != own_tag)
      stop(position_from(mark), fmt::format("the tag {} is not known here", in_quotes(tag)));
    if (frames_.size() >= kDeepest) stop(position_from(mark), fmt::format("values are nested more than {} deep", kDeepest));
    if (!frames_.empty() && frames_.back().value.is_object() && !frames_.back().has_key)
      stop(position_from(mark), "a list or mapping cannot be a key");
    Frame frame;
    frame.pointer = next_pointer();
    frame.position = position_from(mark);
    frame.value = std::move(empty);
    frame.anchor = anchor;
    frames_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    add(std::move(frame.value), frame.position, frame.anchor);
  }

  [[nodiscard]] std::string next_pointer() const {
    if (frames_.empty()) return "";
    const Frame& top = frames_.back();
    return top.pointer + "/" + (top.value.is_array() ? std::to_string(top.value.size()) : pointer_token(top.key));
  }

  void place(Json value, const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& text) {
    const Position position = position_from(mark);
    if (!frames_.empty() && frames_.back().value.is_object() && !frames_.back().has_key) return set_key(value, position, text);
    add(std::move(value), position, anchor);
  }

  /// Keys are text in JSON: a key that is a number or a boolean keeps its spelling.
  void set_key(const Json& value, Position position, const std::string& text) {
    Frame& top = frames_.back();
    if (value.is_structured()) stop(position, "a list or mapping cannot be a key");
    top.key = value.is_string() ? value.get<std::string>() : text;
    if (top.value.contains(top.key)) stop(position, fmt::format("the key {} appears twice", in_quotes(top.key)));
    top.has_key = true;
    last_ = position;
  }

  void add(Json value, Position position, YAML::anchor_t anchor) {
    values_ += value.is_structured() && anchor == 0 ? 1 : count_values(value);
    if (values_ > kMostValues) stop(position, fmt::format("more than {} values", kMostValues), "aliases multiply what they refer to");
    if (anchor != 0) anchors_[anchor] = value;
    document_.positions[next_pointer()] = position.line != 0 ? position : last_;
    if (frames_.empty()) {
      document_.root = std::move(value);
      return;
    }
    Frame& top = frames_.back();
    if (top.value.is_array()) {
      top.value.push_back(std::move(value));
    } else {
      top.value[top.key] = std::move(value);
      top.has_key = false;
    }
  }

  Document& document_;
  std::vector<Frame> frames_;
  std::unordered_map<YAML::anchor_t, Json> anchors_;
  std::size_t values_ = 0;
  Position last_;
};

tl::unexpected<Error> fail_at(const std::string& name, Position position, Error error) {
  const std::string where = position.line != 0 ? fmt::format("{}:{}:{}", name, position.line, position.column) : name;
  error.message = where + ": " + error.message;
  error.details["line"] = position.line;
  error.details["column"] = position.column;
  return fail(std::move(error));
}

/// C0 controls other than tab and line ends, and DEL: YAML does not allow them, yaml-cpp takes them.
std::optional<Position> control_character(std::string_view text) {
  Position position{1, 1};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F) return position;
    ++position.column;
    if (c == '\n') position = {position.line + 1, 1};
  }
  return std::nullopt;
}

}  // namespace

Position Document::position_of(std::string pointer) const {
  while (true) {
    if (const auto found = positions.find(pointer); found != positions.end()) return found->second;
    if (pointer.empty()) return {};
    pointer.resize(pointer.rfind('/'));
  }
}

std::string pointer_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~')
      token += "~0";
    else if (c == '/')
      token += "~1";
    else
      token += c;
  }
  return token;
}

Result<Document> read(std::string_view text, const std::string& name) {
  const auto invalid = [](std::string message) { return Error{.code = Code::invalid_argument, .message = std::move(message)}; };
  if (!is_utf8(text)) return fail_at(name, {}, invalid("the text is not UTF-8"));
  if (const auto found = control_character(text))
    return fail_at(name, *found, invalid("control characters are not allowed; write them as \"\\x..\""));
  Document document;
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    Builder builder(document);
    if (!parser.HandleNextDocument(builder)) return document;
    Document second;
    Builder rest(second);
    if (parser.HandleNextDocument(rest)) return fail_at(name, {}, invalid("more than one YAML document in the file"));
  } catch (Stop& stop) {
    return fail_at(name, stop.position, std::move(stop.error));
  } catch (const YAML::Exception& problem) {
    Error error = invalid("not valid YAML: " + problem.msg);
    error.hint = "a text with special characters (: # ? { [ , & * ! | > ' \" % @ `) needs quotes";
    return fail_at(name, position_from(problem.mark), std::move(error));
  }
  return document;
}

}  // namespace noetl::nats::yaml
