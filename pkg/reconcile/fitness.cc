#include "pkg/reconcile/fitness.h"

namespace keelvip::reconcile {

std::string_view to_string(Fitness fitness) {
  switch (fitness) {
    case Fitness::kFit:
      return "Fit";
    case Fitness::kStopping:
      return "Stopping";
    case Fitness::kDrained:
      return "Drained";
    case Fitness::kInterfaceAbsent:
      return "InterfaceAbsent";
    case Fitness::kNoMatchingInterface:
      return "NoMatchingInterface";
    case Fitness::kNotEthernet:
      return "NotEthernet";
    case Fitness::kInterfaceDown:
      return "InterfaceDown";
    case Fitness::kNoCarrier:
      return "NoCarrier";
    case Fitness::kVridInUse:
      return "VridInUse";
    case Fitness::kAddressIsForeign:
      return "AddressIsForeign";
    case Fitness::kNotAddressOwner:
      return "NotAddressOwner";
    case Fitness::kNoSourceAddress:
      return "NoSourceAddress";
    case Fitness::kMtuTooSmall:
      return "MtuTooSmall";
    case Fitness::kCannotListen:
      return "CannotListen";
    case Fitness::kHealthCheckFailing:
      return "HealthCheckFailing";
    case Fitness::kHealthCheckPending:
      return "HealthCheckPending";
    case Fitness::kOtherFamilyInFault:
      break;
  }
  return "OtherFamilyInFault";
}

}  // namespace keelvip::reconcile
