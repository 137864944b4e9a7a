#include "health/health_adapter.hpp"

SAMBAND_PLUGIN(samband::health::HealthAdapter)
