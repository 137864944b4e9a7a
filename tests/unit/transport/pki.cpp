#include "pki.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

namespace samband::test {
namespace {

void check(bool ok) {
  if (!ok) throw std::runtime_error("openssl");
}

struct File {
  explicit File(const std::string& path, const char* mode) : handle(std::fopen(path.c_str(), mode)) { check(handle); }
  ~File() { std::fclose(handle); }
  std::FILE* handle;
};

void add_name(X509_NAME* name, const char* field, const std::string& text) {
  if (!text.empty())
    check(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()), -1, 0) == 1);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  check(extension && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Pki::Pki(std::string name) : ca_key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), ca_certificate_(X509_new(), &X509_free) {
  std::string pattern = (std::filesystem::temp_directory_path() / "samband-pki-XXXXXX").string();
  check(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  X509* ca = ca_certificate_.get();
  X509_set_version(ca, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(ca), serial_++);
  X509_gmtime_adj(X509_getm_notBefore(ca), -7200);
  X509_gmtime_adj(X509_getm_notAfter(ca), 7200);
  add_name(X509_get_subject_name(ca), "CN", name);
  X509_set_issuer_name(ca, X509_get_subject_name(ca));
  X509_set_pubkey(ca, ca_key_.get());
  add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign");
  check(X509_sign(ca, ca_key_.get(), EVP_sha256()) > 0);
  check(PEM_write_X509(File(this->ca(), "w").handle, ca) == 1);
}

Pki::~Pki() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

TlsFiles Pki::issue(const std::string& file, const Subject& subject) {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate made(X509_new(), &X509_free);
  X509* certificate = made.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial_++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), subject.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), subject.valid_to_s);
  X509_NAME* name = X509_get_subject_name(certificate);
  add_name(name, "CN", subject.common_name);
  add_name(name, "2.5.4.97", subject.organisation_identifier);
  add_name(name, "serialNumber", subject.serial_number);
  X509_set_issuer_name(certificate, X509_get_subject_name(ca_certificate_.get()));
  X509_set_pubkey(certificate, key.get());
  add_extension(certificate, ca_certificate_.get(), NID_basic_constraints, "critical,CA:FALSE");
  if (!subject.san.empty()) add_extension(certificate, ca_certificate_.get(), NID_subject_alt_name, subject.san);
  check(X509_sign(certificate, ca_key_.get(), EVP_sha256()) > 0);
  TlsFiles files{path(file + ".pem"), path(file + ".key"), ca(), {}};
  check(PEM_write_X509(File(files.certificate, "w").handle, certificate) == 1);
  check(PEM_write_PrivateKey(File(files.key, "w").handle, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return files;
}

std::string Pki::revoke(const std::string& certificate_file) {
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> crl(X509_CRL_new(), &X509_CRL_free);
  X509_CRL_set_version(crl.get(), 1);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(ca_certificate_.get()));
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> time(ASN1_TIME_new(), &ASN1_TIME_free);
  X509_gmtime_adj(time.get(), -60);
  X509_CRL_set1_lastUpdate(crl.get(), time.get());
  if (!certificate_file.empty()) {
    const Certificate certificate(PEM_read_X509(File(certificate_file, "r").handle, nullptr, nullptr, nullptr),
                                  &X509_free);
    X509_REVOKED* revoked = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(certificate.get()));
    X509_REVOKED_set_revocationDate(revoked, time.get());
    X509_CRL_add0_revoked(crl.get(), revoked);
  }
  X509_gmtime_adj(time.get(), 3600);
  X509_CRL_set1_nextUpdate(crl.get(), time.get());
  check(X509_CRL_sign(crl.get(), ca_key_.get(), EVP_sha256()) > 0);
  check(PEM_write_X509_CRL(File(path("crl.pem"), "w").handle, crl.get()) == 1);
  return path("crl.pem");
}

}  // namespace samband::test
