#include "municipal_case/municipal_case_adapter.hpp"

SAMBAND_PLUGIN(samband::municipal::MunicipalCaseAdapter)
