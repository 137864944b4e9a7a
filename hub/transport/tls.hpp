// TLS 1.3 contexts for listeners and endpoints, and what a verified peer certificate says. Only the transport's own
// units include this. Contexts are shared by connections and not changed once made.
#pragma once
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "transport/http.hpp"

namespace samband {

using TlsContext = std::shared_ptr<asio::ssl::context>;

// Mutual TLS 1.3, groups X25519 and P-256, CRL of the leaf when one is given. Tickets live five minutes and die with
// the context, so that a reload after a new CRL ends resumption of revoked certificates. Error invalid_config.
Result<TlsContext> server_context(const ListenerOptions&);

// Sessions that a server offered for resumption; bounded. Thread-safe.
class SessionStash {
 public:
  ~SessionStash() { clear(); }
  void put(SSL_SESSION*);  // takes ownership
  SSL_SESSION* take();     // the newest, or nullptr; the caller frees
  void clear();

 private:
  std::mutex mutex_;
  std::vector<SSL_SESSION*> sessions_;
};

// The stash must outlive every connection made from the context.
Result<TlsContext> client_context(const TlsFiles&, SessionStash&);

// Name to check, SNI and session on a client's handle, before the handshake. False when OpenSSL refuses.
bool prepare_client(SSL*, const std::string& server_name, bool is_ip_address, SessionStash&);

// Not present() when the peer showed no certificate. Also for resumed sessions: the ticket carries the certificate.
PeerCertificate peer_certificate(SSL*);
// False for a resumed session whose certificate has expired since: resumption does not verify again.
bool certificate_in_date(SSL*);

}  // namespace samband
