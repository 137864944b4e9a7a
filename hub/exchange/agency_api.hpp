// The agency API of docs/agency-api.md over the journey: routes, who may call, status codes. Thread-safe.
#pragma once
#include <atomic>
#include <map>
#include <mutex>

#include "exchange/forms.hpp"
#include "exchange/journey.hpp"
#include "intake/quarantine.hpp"
#include "transport/http.hpp"

namespace samband {

struct Quota {
  int messages_per_minute = 60000;  // per sender; over it 503 with Retry-After
  int in_flight = 256;              // per sender
};

class AgencyApi {
 public:
  AgencyApi(Journey&, const Parties&, const Forms&, Quarantine&, const Clock&, Meter&,
            std::function<Quota(const std::string& party)>);
  Task<HttpResponse> handle(HttpRequest);
  // The same for a caller who is known otherwise than by a certificate.
  Task<HttpResponse> answer(Caller, HttpRequest);

 private:
  Task<HttpResponse> post_message(const Party*, std::string adapter, HttpRequest);
  Task<HttpResponse> forms(Caller, std::vector<std::string> path, HttpRequest);
  Task<Result<std::string>> quarantine(const Party*, std::string adapter, std::string body, Error why);
  std::optional<PluginReply> rendered_refusal(const std::string& adapter, const std::string& media_type,
                                              const std::string& body, const std::string& problem_json) const;
  bool admit(const std::string& party, Time now);
  void leave(const std::string& party);

  struct Use {
    Time minute{};
    int count = 0, in_flight = 0;
  };
  Journey& journey_;
  const Parties& parties_;
  const Forms& forms_;
  Quarantine& quarantine_;
  const Clock& clock_;
  Meter& meter_;
  std::function<Quota(const std::string&)> quota_;
  std::mutex mutex_;
  std::map<std::string, Use> use_;
};

}  // namespace samband
