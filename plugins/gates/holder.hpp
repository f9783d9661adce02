// Under which name a gate keeps a claim: a user has a coupon once, so it is the user's; of a
// product each request may take some.

#pragma once

#include <string>

#include "core/api/gate.hpp"

namespace stampede::gates {

inline std::string holder_name(Resource resource, UserId user, const std::string& request) {
  return resource.kind == Resource::Kind::kProduct ? request : std::to_string(value_of(user));
}

inline std::string holder_name(const Claim& claim) {
  return holder_name(claim.resource, claim.user, claim.request);
}

}  // namespace stampede::gates
