#include "keys/certificate_trust.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <mutex>

#include "keys/freed.hpp"

namespace samband {
namespace {

using Authorities = std::shared_ptr<X509_STORE>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Verification = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

std::time_t seconds(Time t) { return std::chrono::system_clock::to_time_t(t); }

Result<Authorities> read(const std::filesystem::path& ca, const std::filesystem::path& crl) {
  const auto refuse = [](const std::filesystem::path& file, const char* what) {
    ERR_clear_error();
    return fail(Errc::invalid_config, file.string(), what);
  };
  Authorities store(X509_STORE_new(), X509_STORE_free);
  if (!store || X509_STORE_load_file(store.get(), ca.c_str()) != 1)
    return refuse(ca, "cannot be read as PEM certificates of authorities");
  if (!crl.empty()) {
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store.get(), X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, crl.c_str(), X509_FILETYPE_PEM) < 1)
      return refuse(crl, "cannot be read as a PEM revocation list");
    X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK);
  }
  return store;
}

// Whether the certificate was in its period is asked about the moment of signing, not about now.
int tolerate_expiry(int ok, X509_STORE_CTX* context) {
  return ok == 1 || X509_STORE_CTX_get_error(context) == X509_V_ERR_CERT_HAS_EXPIRED ? 1 : 0;
}

const char* in_words(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the official's certificate had expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the official's certificate was not yet valid";
    case X509_V_ERR_CERT_REVOKED:
      return "the official's certificate is revoked";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return "the revocation list is not in force, so nobody can say that the certificate stands";
    default:
      return "the official's certificate is not from an authority of this hub";
  }
}

}  // namespace

struct CertificateTrust::Impl {
  std::filesystem::path ca, crl;
  mutable std::mutex mutex;
  Authorities store;

  Authorities current() const {
    const std::lock_guard lock(mutex);
    return store;
  }
};

CertificateTrust::CertificateTrust(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CertificateTrust::~CertificateTrust() = default;

Result<std::unique_ptr<CertificateTrust>> CertificateTrust::open(std::filesystem::path ca, std::filesystem::path crl) {
  auto impl = std::make_unique<Impl>();
  impl->ca = std::move(ca);
  impl->crl = std::move(crl);
  auto trust = std::unique_ptr<CertificateTrust>(new CertificateTrust(std::move(impl)));
  if (auto loaded = trust->reload(); !loaded) return loaded.error();
  return trust;
}

Result<void> CertificateTrust::reload() {
  auto store = read(impl_->ca, impl_->crl);
  if (!store) return store.error();
  const std::lock_guard lock(impl_->mutex);
  impl_->store = std::move(*store);
  return {};
}

Result<void> CertificateTrust::check(std::string_view der, Time at, Time now) const {
  const Authorities store = impl_->current();
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const Certificate certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  if (!certificate) return fail(Errc::internal, "certificate", "the official's certificate cannot be read");
  const auto verify = [&](Time moment, bool revocation_only) -> Result<void> {
    const Verification context(X509_STORE_CTX_new());
    if (!context || X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr) != 1)
      return fail(Errc::internal, "certificate", "the official's certificate cannot be checked");
    X509_STORE_CTX_set_time(context.get(), 0, seconds(moment));
    if (revocation_only)
      X509_STORE_CTX_set_verify_cb(context.get(), tolerate_expiry);
    else
      X509_VERIFY_PARAM_clear_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_CRL_CHECK);
    const int ok = X509_verify_cert(context.get());
    const int error = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    if (ok != 1) return fail(Errc::forbidden, "certificate", in_words(error));
    return {};
  };
  if (auto then = verify(at, false); !then) return then;
  return verify(now, true);
}

}  // namespace samband
