// A certificate authority for one test program: real keys and certificates in a folder that goes away with it.
#pragma once
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

#include "transport/http.hpp"

namespace samband::test {

class Pki {
 public:
  struct Subject {
    std::string common_name, organisation_identifier, serial_number, san = "DNS:localhost,IP:127.0.0.1";
    long valid_from_s = -3600, valid_to_s = 3600;  // from now
  };
  explicit Pki(std::string name);
  ~Pki();
  // Makes <file>.pem and <file>.key signed by this CA; files().crl is empty.
  TlsFiles issue(const std::string& file, const Subject&);
  std::string ca() const { return (folder_ / "ca.pem").string(); }
  // Writes a CRL that revokes the certificate (or nobody, when empty) and returns its path.
  std::string revoke(const std::string& certificate_file);
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  std::filesystem::path folder_;
  Key ca_key_;
  Certificate ca_certificate_;
  long serial_ = 1;
};

}  // namespace samband::test
