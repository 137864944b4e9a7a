// Does the certificate that an official signs with still stand? The hub's authority and revocation list, asked at every
// signature: a card that was blocked this morning signs nothing this afternoon. Thread-safe.
#pragma once
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"

namespace samband {

class CertificateTrust {
 public:
  // PEM files; `crl` empty: nothing is revoked. Errors: invalid_config, with the file.
  static Result<std::unique_ptr<CertificateTrust>> open(std::filesystem::path ca, std::filesystem::path crl);
  ~CertificateTrust();

  // Reads both files again (SIGHUP); keeps the old ones on error.
  Result<void> reload();

  // `certificate`: DER. It was valid when it signed, `at`, and is not revoked `now` (RFC 5280 section 6). The list
  // itself must be in force. Errors: forbidden, in words; internal.
  Result<void> check(std::string_view certificate, Time at, Time now) const;

 private:
  struct Impl;
  explicit CertificateTrust(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

}  // namespace samband
