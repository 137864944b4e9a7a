// Signatures of officials: JSON Web Signatures (RFC 7515, compact) with ES256 (RFC 7518 section 3.4), and what is
// needed of the certificates that hold their keys. Stateless functions, thread-safe.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace samband::jws {

constexpr std::size_t kBytesMax = 64u << 10;

struct Certificate {
  std::string sha256;  // hex, of the DER bytes
  Bytes der;
  Bytes public_key;    // SubjectPublicKeyInfo, DER
  std::string holder;  // serialNumber (2.5.4.5) of the subject, which tells persons apart; "" = it has none
};
// Errors: invalid_config: no PEM certificate, or its key is not P-256.
Result<Certificate> read_certificate(const std::filesystem::path&);

// The `kid` of the protected header, which nothing vouches for until verify(). Errors: invalid_input.
Result<std::string> key_id(std::string_view compact);
// The payload as JSON. Errors: invalid_input (not a JWS of this kind), unauthorised (the signature is not by this key).
// Any algorithm but ES256 is refused, and so is a header with `crit` (RFC 7515 section 4.1.11).
Result<json::value> verify(std::string_view compact, std::string_view public_key);

// A detached JWS (RFC 7515 appendix F: nothing between the dots) over these bytes. Errors as of verify().
Result<void> verify_detached(std::string_view compact, std::string_view payload, std::string_view public_key);

}  // namespace samband::jws
