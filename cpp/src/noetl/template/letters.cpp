#include "noetl/template/letters.hpp"

#include <fmt/format.h>
#include <locale.h>
#include <clocale>
#include <cwctype>

#include <algorithm>
#include <array>

#include "base/names.hpp"
#include "noetl/template/value.hpp"

namespace noetl::nats::playbook {
namespace {

/// Letters whose upper case is more than one letter (Unicode SpecialCasing), but for ß.
bool has_long_upper(wint_t c) {
  constexpr std::array<std::pair<wint_t, wint_t>, 26> kRanges{
      {{0x149, 0x149},   {0x1F0, 0x1F0},   {0x390, 0x390},   {0x3B0, 0x3B0},   {0x587, 0x587},   {0x1E96, 0x1E9A}, {0x1F50, 0x1F50},
       {0x1F52, 0x1F52}, {0x1F54, 0x1F54}, {0x1F56, 0x1F56}, {0x1F80, 0x1FAF}, {0x1FB2, 0x1FB4}, {0x1FB6, 0x1FB7}, {0x1FBC, 0x1FBC},
       {0x1FC2, 0x1FC4}, {0x1FC6, 0x1FC7}, {0x1FCC, 0x1FCC}, {0x1FD2, 0x1FD3}, {0x1FD6, 0x1FD7}, {0x1FE2, 0x1FE4}, {0x1FE6, 0x1FE7},
       {0x1FF2, 0x1FF4}, {0x1FF6, 0x1FF7}, {0x1FFC, 0x1FFC}, {0xFB00, 0xFB06}, {0xFB13, 0xFB17}}};
  return std::any_of(kRanges.begin(), kRanges.end(), [&](const auto& range) { return c >= range.first && c <= range.second; });
}

wint_t decode(const std::string& character) {
  const auto byte = [&](std::size_t i) { return static_cast<wint_t>(static_cast<unsigned char>(character[i])); };
  if (character.size() == 1) return byte(0);
  wint_t value = byte(0) & (0xFFU >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) value = (value << 6U) | (byte(i) & 0x3FU);
  return value;
}

std::string encode(wint_t c) {
  std::string out;
  const auto add = [&](wint_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80)
    add(c);
  else if (c < 0x800)
    add(0xC0U | (c >> 6U)), add(0x80U | (c & 0x3FU));
  else if (c < 0x10000)
    add(0xE0U | (c >> 12U)), add(0x80U | ((c >> 6U) & 0x3FU)), add(0x80U | (c & 0x3FU));
  else
    add(0xF0U | (c >> 18U)), add(0x80U | ((c >> 12U) & 0x3FU)), add(0x80U | ((c >> 6U) & 0x3FU)), add(0x80U | (c & 0x3FU));
  return out;
}

/// The C library's tables of Unicode, whatever locale the user has. Null where the system lacks it.
locale_t unicode_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

template <class Map>
Result<std::string> mapped(std::string_view text, Map map) {
  std::string out;
  for (const auto& character : characters(text)) {
    NN_TRY(const std::string changed, map(character, decode(character)));
    out += changed;
  }
  return out;
}

tl::unexpected<Error> cannot(const char* what, const std::string& character) {
  return fail(Code::invalid_argument, fmt::format("{} cannot change the letter {}", what, in_quotes(character)));
}

}  // namespace

Result<std::string> upper(std::string_view text) {
  return mapped(text, [](const std::string& character, wint_t c) -> Result<std::string> {
    if (c < 0x80) return std::string(1, c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : static_cast<char>(c));
    if (c == 0xDF) return std::string("SS");
    if (has_long_upper(c) || unicode_locale() == nullptr) return cannot("upper", character);
    return encode(towupper_l(c, unicode_locale()));
  });
}

Result<std::string> lower(std::string_view text) {
  return mapped(text, [](const std::string& character, wint_t c) -> Result<std::string> {
    if (c < 0x80) return std::string(1, c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c));
    // I with a dot becomes two letters; a sigma at the end of a word is another one.
    if (c == 0x130 || c == 0x3A3 || unicode_locale() == nullptr) return cannot("lower", character);
    return encode(towlower_l(c, unicode_locale()));
  });
}

bool is_white_space(std::string_view character) {
  const wint_t c = decode(std::string(character));
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

}  // namespace noetl::nats::playbook
