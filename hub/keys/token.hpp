// The master key under the guard of a PKCS#11 token (OASIS PKCS #11 v2.40): the folder holds it only encrypted, with an
// AES-256 key that is made in the token and never leaves it. The file `master.token` (mode 0600) says which token:
//   module /usr/lib/softhsm/libsofthsm2.so     the token's library
//   token samband                              label of the token
//   key samband-master                         label of the key
//   pin-file /etc/samband/token.pin            mode 0600; not in the folder, whose backup would hold both
//   wrapped <base64 of nonce, ciphertext and tag (AES-GCM)>
// Stateless functions; one caller at a time per module.
#pragma once
#include <filesystem>
#include <string>

#include "base/encoding.hpp"
#include "base/error.hpp"

namespace samband::token {

struct Slot {
  std::filesystem::path module, pin_file;
  std::string label, key;
};

// Encrypts the secret in the token, whose key is made when there is none of that label, and writes the file; what was
// written is read back and decrypted before this returns. Errors: invalid_config (module, token, PIN, in words).
Result<void> seal(const std::filesystem::path& file, const Slot&, std::string_view secret);
// The secret of the file. Errors as above; a token that is not there, or another one: invalid_config.
Result<Bytes> unseal(const std::filesystem::path& file);

}  // namespace samband::token
