#include "keys/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "keys/freed.hpp"

namespace samband::crypto {
namespace {

constexpr std::size_t kKeySize = 32, kNonceSize = 12, kTagSize = 16, kSignatureSize = 64;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

const unsigned char* octets(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* octets(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX_free>>;

// Looking an algorithm up costs more than using it on a short text: each is fetched once for the process, and contexts
// are kept per thread. The fetched objects live as long as the process.
const EVP_MD* digest_sha256() {
  static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  require(digest, "no SHA-256");
  return digest;
}

const EVP_CIPHER* cipher_aes_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  require(cipher, "no AES-256-GCM");
  return cipher;
}

EVP_MD_CTX* digest_context() {
  thread_local const DigestContext context(EVP_MD_CTX_new());
  require(context != nullptr, "digest context");
  return context.get();
}

EVP_CIPHER_CTX* cipher_context() {
  thread_local const CipherContext context(EVP_CIPHER_CTX_new());
  require(context != nullptr, "cipher context");
  return context.get();
}

EVP_MAC_CTX* hmac_context() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  require(mac, "no HMAC");
  thread_local const MacContext context = [] {
    MacContext made(EVP_MAC_CTX_new(mac));
    require(made != nullptr, "HMAC context");
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                 OSSL_PARAM_construct_end()};
    require(EVP_MAC_CTX_set_params(made.get(), params) == 1, "HMAC digest");
    return made;
  }();
  return context.get();
}

int length_of(std::string_view bytes) {
  if (bytes.size() > 1u << 30) throw std::runtime_error("OpenSSL: input over 1 GiB");
  return static_cast<int>(bytes.size());
}

}  // namespace

Bytes random_bytes(std::size_t n) {
  Bytes out(n, '\0');
  require(RAND_bytes(octets(out), length_of(out)) == 1, "no random bytes");
  return out;
}

Bytes sha256(std::string_view data) {
  Bytes out(32, '\0');
  unsigned size = 0;
  EVP_MD_CTX* context = digest_context();
  require(EVP_DigestInit_ex2(context, digest_sha256(), nullptr) == 1 &&
              EVP_DigestUpdate(context, data.data(), data.size()) == 1 &&
              EVP_DigestFinal_ex(context, octets(out), &size) == 1 && size == out.size(),
          "SHA-256");
  return out;
}

std::string sha256_hex(std::string_view data) { return to_hex(sha256(data)); }

Bytes hmac_sha256(std::string_view key, std::string_view data) {
  Bytes out(32, '\0');
  std::size_t size = 0;
  EVP_MAC_CTX* context = hmac_context();
  // A null key would mean "the one before": an empty key gets an address of its own.
  const auto* key_octets = key.empty() ? octets(std::string_view("")) : octets(key);
  require(EVP_MAC_init(context, key_octets, key.size(), nullptr) == 1 &&
              EVP_MAC_update(context, octets(data), data.size()) == 1 &&
              EVP_MAC_final(context, octets(out), &size, out.size()) == 1 && size == out.size(),
          "HMAC");
  return out;
}

Bytes seal(std::string_view key32, std::string_view plain, std::string_view aad) {
  require(key32.size() == kKeySize, "key size");
  Bytes out(kNonceSize + plain.size() + kTagSize, '\0');
  unsigned char* nonce = octets(out);
  unsigned char* body = nonce + kNonceSize;
  require(RAND_bytes(nonce, kNonceSize) == 1, "no random bytes");
  EVP_CIPHER_CTX* context = cipher_context();
  int n = 0, rest = 0;
  require(EVP_EncryptInit_ex2(context, cipher_aes_gcm(), octets(key32), nonce, nullptr) == 1, "seal");
  if (!aad.empty()) require(EVP_EncryptUpdate(context, nullptr, &n, octets(aad), length_of(aad)) == 1, "seal");
  n = 0;
  if (!plain.empty()) require(EVP_EncryptUpdate(context, body, &n, octets(plain), length_of(plain)) == 1, "seal");
  require(EVP_EncryptFinal_ex(context, body + n, &rest) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kTagSize, body + plain.size()) == 1,
          "seal");
  return out;
}

Result<Bytes> open(std::string_view key32, std::string_view sealed, std::string_view aad) {
  require(key32.size() == kKeySize, "key size");
  const Error refused = fail(Errc::invalid_input, "sealed data", "does not open with this key and place");
  if (sealed.size() < kNonceSize + kTagSize) return refused;
  const std::string_view nonce = sealed.substr(0, kNonceSize);
  const std::string_view body = sealed.substr(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  Bytes tag(sealed.substr(sealed.size() - kTagSize));
  Bytes plain(body.size(), '\0');
  EVP_CIPHER_CTX* context = cipher_context();
  int n = 0, rest = 0;
  require(EVP_DecryptInit_ex2(context, cipher_aes_gcm(), octets(key32), octets(nonce), nullptr) == 1, "open");
  if (!aad.empty()) require(EVP_DecryptUpdate(context, nullptr, &n, octets(aad), length_of(aad)) == 1, "open");
  n = 0;
  if (!body.empty()) require(EVP_DecryptUpdate(context, octets(plain), &n, octets(body), length_of(body)) == 1, "open");
  require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) == 1, "open");
  if (EVP_DecryptFinal_ex(context, octets(plain) + n, &rest) != 1) {
    OPENSSL_cleanse(plain.data(), plain.size());
    return refused;
  }
  return plain;
}

Signer::Signer(std::string_view seed32) {
  require(seed32.size() == kKeySize, "seed size");
  key_ = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed32), seed32.size());
  require(key_, "Ed25519 key");
}

Signer::~Signer() { EVP_PKEY_free(static_cast<EVP_PKEY*>(key_)); }

Signer::Signer(Signer&& other) noexcept : key_(std::exchange(other.key_, nullptr)) {}

Bytes Signer::sign(std::string_view data) const {
  Bytes out(kSignatureSize, '\0');
  std::size_t size = out.size();
  const DigestContext context(EVP_MD_CTX_new());
  require(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, static_cast<EVP_PKEY*>(key_)) == 1 &&
              EVP_DigestSign(context.get(), octets(out), &size, octets(data), data.size()) == 1 && size == out.size(),
          "Ed25519 sign");
  return out;
}

Bytes ed25519_public(std::string_view seed32) {
  require(seed32.size() == kKeySize, "seed size");
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed32), seed32.size()));
  Bytes out(kKeySize, '\0');
  std::size_t size = out.size();
  require(key && EVP_PKEY_get_raw_public_key(key.get(), octets(out), &size) == 1 && size == out.size(), "Ed25519 key");
  return out;
}

bool ed25519_verify(std::string_view public32, std::string_view data, std::string_view signature64) {
  if (public32.size() != kKeySize || signature64.size() != kSignatureSize) return false;
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(public32), public32.size()));
  if (!key) return false;
  const DigestContext context(EVP_MD_CTX_new());
  require(context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1, "Ed25519 verify");
  return EVP_DigestVerify(context.get(), octets(signature64), signature64.size(), octets(data), data.size()) == 1;
}

}  // namespace samband::crypto
