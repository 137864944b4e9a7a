#include "keys/jws.hpp"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "keys/crypto.hpp"
#include "keys/freed.hpp"

namespace samband::jws {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using File = std::unique_ptr<std::FILE, Freed<std::fclose>>;

constexpr std::size_t kCoordinate = 32;  // octets of r and of s

struct Parts {
  std::string_view signing_input;
  json::value header;
  Bytes payload, signature;
};

// RFC 7515 section 2: base64url without padding. Strict: one text for one sequence of bytes.
std::optional<Bytes> from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos || text.size() % 4 == 1) return std::nullopt;
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  return from_base64(padded);
}

std::string to_base64url(std::string_view bytes) {
  std::string text = to_base64(bytes);
  text.resize(text.find_last_not_of('=') == std::string::npos ? 0 : text.find_last_not_of('=') + 1);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

Error refuse(const char* what) { return fail(Errc::invalid_input, "/jws", what); }

Result<Parts> split(std::string_view compact) {
  const std::size_t first = compact.find('.');
  const std::size_t second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (compact.size() > kBytesMax || second == std::string_view::npos ||
      compact.find('.', second + 1) != std::string_view::npos)
    return refuse("expected a compact JWS: three parts with dots between, at most 64 KiB");
  const auto header = from_base64url(compact.substr(0, first));
  auto payload = from_base64url(compact.substr(first + 1, second - first - 1));
  auto signature = from_base64url(compact.substr(second + 1));
  if (!header || !payload || !signature) return refuse("a part is not base64url");
  JsonLimits limits;
  limits.depth_max = 8;
  auto parsed = parse_json(*header, limits);
  if (!parsed || !parsed->is_object()) return refuse("the protected header is not a JSON object");
  const json::object& fields = parsed->get_object();
  if (string_at(fields, "alg") != "ES256") return refuse("alg: only ES256 is accepted");
  if (fields.contains("crit")) return refuse("crit: no extension is understood");
  if (string_at(fields, "kid").empty()) return refuse("kid: expected the official's id");
  return Parts{compact.substr(0, second), std::move(*parsed), std::move(*payload), std::move(*signature)};
}

bool is_p256(const EVP_PKEY* key) {
  char group[64] = {};
  std::size_t length = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1 &&
         (std::string_view(group) == "prime256v1" || std::string_view(group) == "P-256");
}

// r and s side by side (RFC 7518 section 3.4), as OpenSSL wants them: DER.
Bytes to_der(std::string_view signature) {
  const auto* octets = reinterpret_cast<const unsigned char*>(signature.data());
  Signature pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(octets, kCoordinate, nullptr);
  BIGNUM* s = BN_bin2bn(octets + kCoordinate, kCoordinate, nullptr);
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r, s) != 1) return {};
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &der);
  if (length <= 0) return {};
  Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return out;
}

bool is_signed_by(std::string_view input, std::string_view signature, std::string_view public_key) {
  if (signature.size() != 2 * kCoordinate) return false;
  const auto* spki = reinterpret_cast<const unsigned char*>(public_key.data());
  const Key key(d2i_PUBKEY(nullptr, &spki, static_cast<long>(public_key.size())));
  const DigestContext context(EVP_MD_CTX_new());
  const Bytes der = to_der(signature);
  const bool ok = key && context && !der.empty() && is_p256(key.get()) &&
                  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
                  EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(der.data()), der.size(),
                                   reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1;
  ERR_clear_error();
  return ok;
}

std::string serial_number_of(const X509_NAME* subject) {
  const int at = X509_NAME_get_index_by_NID(subject, NID_serialNumber, -1);
  if (at < 0) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                     static_cast<std::size_t>(ASN1_STRING_length(value)));
}

}  // namespace

Result<Certificate> read_certificate(const std::filesystem::path& path) {
  const File file(std::fopen(path.c_str(), "re"));
  const X509Certificate x509(file ? PEM_read_X509(file.get(), nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  if (!x509) return fail(Errc::invalid_config, path.string(), "cannot be read as a PEM certificate");
  EVP_PKEY* key = X509_get0_pubkey(x509.get());
  if (key == nullptr || !is_p256(key)) return fail(Errc::invalid_config, path.string(), "its key is not P-256");
  unsigned char *der = nullptr, *spki = nullptr;
  const int der_length = i2d_X509(x509.get(), &der), spki_length = i2d_PUBKEY(key, &spki);
  Certificate out;
  if (der_length > 0 && spki_length > 0) {
    out.der.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(der_length));
    out.sha256 = crypto::sha256_hex(out.der);
    out.holder = serial_number_of(X509_get_subject_name(x509.get()));
    out.public_key.assign(reinterpret_cast<const char*>(spki), static_cast<std::size_t>(spki_length));
  }
  OPENSSL_free(der);
  OPENSSL_free(spki);
  if (out.public_key.empty()) return fail(Errc::invalid_config, path.string(), "cannot be encoded");
  return out;
}

Result<std::string> key_id(std::string_view compact) {
  auto parts = split(compact);
  if (!parts) return parts.error();
  return std::string(string_at(parts->header.get_object(), "kid"));
}

Result<void> verify_detached(std::string_view compact, std::string_view payload, std::string_view public_key) {
  const auto parts = split(compact);
  if (!parts) return parts.error();
  if (!parts->payload.empty()) return refuse("a detached JWS has nothing between its dots");
  std::string input = std::string(parts->signing_input) + to_base64url(payload);
  if (!is_signed_by(input, parts->signature, public_key))
    return fail(Errc::unauthorised, "/jws", "the signature is not by this key");
  return {};
}

Result<json::value> verify(std::string_view compact, std::string_view public_key) {
  auto parts = split(compact);
  if (!parts) return parts.error();
  if (!is_signed_by(parts->signing_input, parts->signature, public_key))
    return fail(Errc::unauthorised, "/jws", "the signature is not by this official's key");
  JsonLimits limits;
  limits.depth_max = 12;
  auto payload = parse_json(parts->payload, limits);
  if (!payload || !payload->is_object()) return refuse("the payload is not a JSON object");
  return payload;
}

}  // namespace samband::jws
