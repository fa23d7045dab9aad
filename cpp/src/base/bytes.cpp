#include "base/bytes.hpp"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <random>

namespace noetl::nats {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::uint32_t byte_at(std::string_view text, std::size_t index) { return static_cast<unsigned char>(text[index]); }

std::string encode(std::string_view bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = byte_at(bytes, i) << 16;
    if (have > 1) group |= byte_at(bytes, i + 1) << 8;
    if (have > 2) group |= byte_at(bytes, i + 2);
    out += alphabet[group >> 18 & 63];
    out += alphabet[group >> 12 & 63];
    out += have > 1 ? alphabet[group >> 6 & 63] : '=';
    out += have > 2 ? alphabet[group & 63] : '=';
  }
  return out;
}

Result<std::string> decode(std::string_view text, std::string_view alphabet, bool padding_required) {
  std::array<int, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) values[byte_at(alphabet, i)] = static_cast<int>(i);

  std::string_view digits = text;
  std::size_t padding = 0;
  while (padding < 2 && digits.ends_with('=')) digits.remove_suffix(1), ++padding;
  const bool whole = (digits.size() + padding) % 4 == 0;
  if (digits.size() % 4 == 1 || (padding_required && !whole) || (padding > 0 && !whole))
    return fail(Code::invalid_argument, "not base64: the length is wrong");

  std::string out;
  out.reserve(digits.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char digit : digits) {
    const int value = values[static_cast<unsigned char>(digit)];
    if (value < 0) return fail(Code::invalid_argument, "not base64: a character outside of its alphabet");
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(group >> bits & 0xFF);
    }
  }
  if ((group & ((1U << bits) - 1U)) != 0) return fail(Code::invalid_argument, "not base64: stray bits at the end");
  return out;
}

std::uint64_t seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

std::mt19937_64& generator() {
  // Seeded per thread from the system; names need to be unique, not secret. random_hex reads the system each time. Seeded
  // anew after a fork: children that go on with the parent's state would make the same inbox and read each other's replies.
  thread_local pid_t owner = getpid();
  thread_local std::mt19937_64 engine{seed()};
  if (owner != getpid()) {
    owner = getpid();
    engine.seed(seed());
  }
  return engine;
}

}  // namespace

std::string base64_encode(std::string_view bytes) { return encode(bytes, kStandard); }
std::string base64url_encode(std::string_view bytes) { return encode(bytes, kUrlSafe); }
Result<std::string> base64_decode(std::string_view text) { return decode(text, kStandard, true); }
Result<std::string> base64url_decode(std::string_view text) { return decode(text, kUrlSafe, false); }

bool is_utf8(std::string_view bytes) {
  std::size_t i = 0;
  const auto continues = [&](std::size_t at) { return at < bytes.size() && (byte_at(bytes, at) & 0xC0U) == 0x80U; };
  while (i < bytes.size()) {
    const std::uint32_t lead = byte_at(bytes, i);
    if (lead < 0x80) {
      ++i;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      if (!continues(i + 1)) return false;
      i += 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      if (!continues(i + 1) || !continues(i + 2)) return false;
      const std::uint32_t second = byte_at(bytes, i + 1);
      if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return false;  // overlong, surrogate
      i += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      if (!continues(i + 1) || !continues(i + 2) || !continues(i + 3)) return false;
      const std::uint32_t second = byte_at(bytes, i + 1);
      if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return false;  // overlong, above U+10FFFF
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

std::string random_name(std::size_t count) {
  const std::string_view letters = kStandard.substr(0, 62);
  std::uniform_int_distribution<std::size_t> pick(0, letters.size() - 1);
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += letters[pick(generator())];
  return out;
}

std::string random_hex(std::size_t bytes) {
  std::random_device device;
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) {
    const unsigned value = device() & 0xFFU;
    out += "0123456789abcdef"[value >> 4U];
    out += "0123456789abcdef"[value & 15U];
  }
  return out;
}

}  // namespace noetl::nats
