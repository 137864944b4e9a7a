// The files of templates/, compiled in. Constants.
#pragma once

namespace samband::templates {
extern const char* const kLayout;
extern const char* const kOverview;
extern const char* const kVerification;
extern const char* const kRules;
extern const char* const kRuleSet;
extern const char* const kNotice;
extern const char* const kStyle;
}  // namespace samband::templates
