#include "wire/nkeys.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace noetl::nats::wire {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kKeySize = 32;

std::optional<std::vector<std::uint8_t>> base32_decode(std::string_view text) {
  std::vector<std::uint8_t> out;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const auto value = kBase32.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    group = group << 5 | static_cast<std::uint32_t>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<std::uint8_t>(group >> bits & 0xFF));
    }
  }
  return out;
}

std::string base32_encode(const std::vector<std::uint8_t>& bytes) {
  std::string out;
  std::uint32_t group = 0;
  int bits = 0;
  for (const auto byte : bytes) {
    group = group << 8 | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += kBase32[group >> bits & 31];
    }
  }
  if (bits > 0) out += kBase32[group << (5 - bits) & 31];
  return out;
}

/// CRC-16/XMODEM, as the nkeys format uses it.
std::uint16_t crc16(const std::uint8_t* bytes, std::size_t size) {
  std::uint16_t crc = 0;
  for (std::size_t i = 0; i < size; ++i) {
    crc = static_cast<std::uint16_t>(crc ^ (bytes[i] << 8));
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<std::uint16_t>((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
  }
  return crc;
}

tl::unexpected<Error> bad_seed() {
  return fail(Code::invalid_argument, "nkey_seed is not a user seed (it starts with SU and has 58 characters)");
}

/// The line after "-----BEGIN <name>-----".
std::string first_line(const std::string& text, const std::string& name) {
  const auto begin = text.find("BEGIN " + name);
  if (begin == std::string::npos) return {};
  auto start = text.find('\n', begin);
  if (start == std::string::npos) return {};
  ++start;
  auto line = text.substr(start, text.find('\n', start) - start);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

}  // namespace

Result<std::string> public_key_of(const Secret& seed) {
  const auto raw = base32_decode(seed.reveal());
  if (!raw || raw->size() != kKeySize + 4) return bad_seed();
  const auto& bytes = *raw;
  const std::uint16_t sum = static_cast<std::uint16_t>(bytes[kKeySize + 2] | bytes[kKeySize + 3] << 8);
  if (crc16(bytes.data(), kKeySize + 2) != sum) return bad_seed();
  const std::uint8_t type = static_cast<std::uint8_t>((bytes[0] & 7) << 5 | bytes[1] >> 3);
  if ((bytes[0] & 0xF8) != 18 << 3) return bad_seed();  // 18 << 3 is the letter S

  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes.data() + 2, kKeySize), EVP_PKEY_free);
  std::array<unsigned char, kKeySize> open{};
  std::size_t size = open.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), open.data(), &size) != 1) return bad_seed();
  std::vector<std::uint8_t> out{type};
  out.insert(out.end(), open.begin(), open.end());
  const auto check = crc16(out.data(), out.size());
  out.push_back(static_cast<std::uint8_t>(check & 0xFF));
  out.push_back(static_cast<std::uint8_t>(check >> 8));
  return base32_encode(out);
}

Result<Creds> parse_creds(const Secret& text) {
  Creds creds{Secret(first_line(text.reveal(), "NATS USER JWT")), Secret(first_line(text.reveal(), "USER NKEY SEED"))};
  if (creds.jwt.empty() || creds.seed.empty())
    return fail(Code::invalid_argument, "the credentials hold no user JWT and seed",
                "a creds file has a block NATS USER JWT and a block USER NKEY SEED");
  return creds;
}

}  // namespace noetl::nats::wire
