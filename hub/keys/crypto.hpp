// The few primitives the hub uses, over OpenSSL. Stateless functions, thread-safe; failures of the library are bugs or
// a broken machine and throw std::runtime_error without any input in the text.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "base/encoding.hpp"
#include "base/error.hpp"

namespace samband::crypto {
Bytes random_bytes(std::size_t n);
Bytes sha256(std::string_view);
std::string sha256_hex(std::string_view);
Bytes hmac_sha256(std::string_view key, std::string_view data);
// AES-256-GCM: 12 random nonce bytes || ciphertext || 16 tag bytes. `aad` is authenticated, not stored.
Bytes seal(std::string_view key32, std::string_view plain, std::string_view aad);
Result<Bytes> open(std::string_view key32, std::string_view sealed,
                   std::string_view aad);  // invalid_input on any tampering
// Ed25519 (RFC 8032): 32-byte seed, 32-byte public key, 64-byte signature.
Bytes ed25519_public(std::string_view seed32);
class Signer {  // holds a prepared key; one per thread
 public:
  explicit Signer(std::string_view seed32);
  ~Signer();
  Signer(Signer&&) noexcept;
  Signer(const Signer&) = delete;
  Bytes sign(std::string_view data) const;

 private:
  void* key_ = nullptr;
};
bool ed25519_verify(std::string_view public32, std::string_view data, std::string_view signature64);
}  // namespace samband::crypto
