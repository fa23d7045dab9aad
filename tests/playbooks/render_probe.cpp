// Renders templates for the differential test against minijinja: one JSON per line in, one per line out.
//   {"template": "...", "variables": {...}}  ->  {"text": "..."} or {"refused": "..."}
#include <iostream>
#include <string>

#include "noetl/template/template.hpp"

int main() {
  using noetl::nats::Json;
  for (std::string line; std::getline(std::cin, line);) {
    const Json request = Json::parse(line);
    const auto parsed = noetl::nats::playbook::Template::parse(request["template"].get<std::string>());
    const auto text = parsed ? parsed->render(request["variables"]) : tl::unexpected(parsed.error());
    const Json answer = text ? Json{{"text", *text}} : Json{{"refused", text.error().message}};
    std::cout << noetl::nats::dump_ascii(answer) << '\n';
  }
}
