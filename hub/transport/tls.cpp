#include "transport/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

#include "base/encoding.hpp"

namespace samband {
namespace {

namespace ssl = asio::ssl;
constexpr std::size_t kSessionsMax = 32;
constexpr long kSessionSeconds = 300;

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
Certificate peer_of(SSL* handle) { return {SSL_get1_peer_certificate(handle), &X509_free}; }

Error config_error(std::string what) {
  ERR_clear_error();
  return fail(Errc::invalid_config, "tls", std::move(what));
}

Result<void> common(ssl::context& context, const TlsFiles& files, bool own_certificate) {
  SSL_CTX* raw = context.native_handle();
  ERR_clear_error();
  if (SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) != 1 || SSL_CTX_set1_groups_list(raw, "X25519:P-256") != 1)
    return config_error("TLS 1.3 with X25519 or P-256 is not available");
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  boost::system::error_code error;
  if (own_certificate) {
    context.use_certificate_chain_file(files.certificate, error);
    if (error) return config_error("certificate file cannot be used: " + files.certificate);
    context.use_private_key_file(files.key, ssl::context::pem, error);
    if (error || SSL_CTX_check_private_key(raw) != 1)
      return config_error("key file cannot be used with the certificate: " + files.key);
  }
  if (!files.ca.empty()) {
    context.load_verify_file(files.ca, error);
    if (error) return config_error("CA file cannot be used: " + files.ca);
  }
  if (!files.crl.empty()) {
    X509_STORE* store = SSL_CTX_get_cert_store(raw);
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (!lookup || X509_load_crl_file(lookup, files.crl.c_str(), X509_FILETYPE_PEM) < 1)
      return config_error("CRL file cannot be used: " + files.crl);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  }
  return {};
}

// HTTP/1.1 is all we speak; a client that offers others only gets no protocol, and then speaks HTTP/1.1 or leaves.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned in_length, void*) {
  static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kHttp11, sizeof kHttp11, in, in_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int stash_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int keep_session(SSL* handle, SSL_SESSION* session) {
  auto* stash = static_cast<SessionStash*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(handle), stash_index()));
  if (!stash || SSL_SESSION_is_resumable(session) != 1) return 0;
  stash->put(session);
  return 1;
}

std::string subject_text(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (length < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return text;
}

int organisation_identifier_nid() {
  static const int nid = [] {
    const int known = OBJ_txt2nid("2.5.4.97");
    return known != NID_undef ? known : OBJ_create("2.5.4.97", "organizationIdentifier", "organizationIdentifier");
  }();
  return nid;
}

// "VATSE-5560360793", "NTRSE-556036-0793", "165560360793" and "SE5560360793" all say 5560360793.
std::string ten_digits(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9') digits += c;
  if (digits.size() == 12 &&
      (digits.starts_with("16") || (digits.ends_with("01") && text.find("VAT") != std::string_view::npos)))
    digits = digits.starts_with("16") ? digits.substr(2) : digits.substr(0, 10);
  return digits.size() == 10 ? digits : std::string();
}

}  // namespace

Result<TlsContext> server_context(const ListenerOptions& options) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* raw = context->native_handle();
  const bool asks = options.client_certificate != ListenerOptions::ClientCertificate::none;
  if (asks && options.files.ca.empty()) return config_error("a CA file is needed to verify client certificates");
  if (auto done = common(*context, options.files, true); !done) return done.error();
  int mode = SSL_VERIFY_NONE;
  if (asks) {
    mode = SSL_VERIFY_PEER;
    if (options.client_certificate == ListenerOptions::ClientCertificate::required)
      mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(options.files.ca.c_str()));  // lets a browser choose
  }
  SSL_CTX_set_verify(raw, mode, nullptr);
  SSL_CTX_set_verify_depth(raw, 4);
  const auto id = options.name.substr(0, SSL_MAX_SID_CTX_LENGTH);
  SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>(id.data()),
                                 static_cast<unsigned>(id.size()));
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets only: no memory per client
  SSL_CTX_set_timeout(raw, kSessionSeconds);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_alpn_select_cb(raw, select_protocol, nullptr);
  return context;
}

Result<TlsContext> client_context(const TlsFiles& files, SessionStash& stash) {
  if (files.ca.empty()) return config_error("a CA file is needed to verify the server");
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX* raw = context->native_handle();
  if (auto done = common(*context, files, !files.certificate.empty()); !done) return done.error();
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(raw, 4);
  SSL_CTX_set_ex_data(raw, stash_index(), &stash);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(raw, keep_session);
  return context;
}

bool prepare_client(SSL* handle, const std::string& server_name, bool is_ip_address, SessionStash& stash) {
  X509_VERIFY_PARAM* param = SSL_get0_param(handle);
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (is_ip_address) {
    if (X509_VERIFY_PARAM_set1_ip_asc(param, server_name.c_str()) != 1) return false;
  } else {
    if (X509_VERIFY_PARAM_set1_host(param, server_name.c_str(), server_name.size()) != 1) return false;
    if (SSL_set_tlsext_host_name(handle, server_name.c_str()) != 1) return false;
  }
  if (SSL_SESSION* session = stash.take()) {
    SSL_set_session(handle, session);
    SSL_SESSION_free(session);
  }
  return true;
}

void SessionStash::put(SSL_SESSION* session) {
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= kSessionsMax) {
    SSL_SESSION_free(sessions_.front());
    sessions_.erase(sessions_.begin());
  }
  sessions_.push_back(session);
}

SSL_SESSION* SessionStash::take() {
  const std::lock_guard lock(mutex_);
  if (sessions_.empty()) return nullptr;
  auto* session = sessions_.back();
  sessions_.pop_back();
  return session;
}

void SessionStash::clear() {
  const std::lock_guard lock(mutex_);
  for (auto* session : sessions_) SSL_SESSION_free(session);
  sessions_.clear();
}

PeerCertificate peer_certificate(SSL* handle) {
  PeerCertificate peer;
  const auto certificate = peer_of(handle);
  if (!certificate) return peer;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (X509_digest(certificate.get(), EVP_sha256(), digest.data(), &length) != 1) return peer;
  const X509_NAME* subject = X509_get_subject_name(certificate.get());
  peer.organisation_number = ten_digits(subject_text(subject, organisation_identifier_nid()));
  if (peer.organisation_number.empty()) peer.organisation_number = ten_digits(subject_text(subject, NID_serialNumber));
  peer.common_name = subject_text(subject, NID_commonName);
  unsigned char* spki = nullptr;
  if (const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &spki); size > 0)
    peer.public_key.assign(reinterpret_cast<const char*>(spki), static_cast<std::size_t>(size));
  OPENSSL_free(spki);
  peer.sha256 = to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), length));
  return peer;
}

bool certificate_in_date(SSL* handle) {
  const auto certificate = peer_of(handle);
  if (!certificate) return true;
  return X509_cmp_current_time(X509_get0_notBefore(certificate.get())) < 0 &&
         X509_cmp_current_time(X509_get0_notAfter(certificate.get())) > 0;
}

}  // namespace samband
