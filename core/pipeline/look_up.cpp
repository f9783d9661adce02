#include "core/pipeline/look_up.hpp"

namespace stampede::pipeline {
namespace {

class LookUp final : public Operation {
 public:
  explicit LookUp(const std::function<Result<void>(Transaction&)>& read) : read_(read) {}

  Result<Outcome> work(Transaction& transaction) override {
    if (auto done = read_(transaction); !done) return Unexpected(done.error());
    return Outcome::refuse(RefusalCode::kNone);
  }

 private:
  const std::function<Result<void>(Transaction&)>& read_;
};

}  // namespace

Result<void> look_up(Store& store, Context& context,
                     const std::function<Result<void>(Transaction&)>& read) {
  LookUp operation(read);
  const auto attempts = context.phases.attempts;
  const auto outcome = store.transact(TransactionOptions{}, operation, context);
  context.phases.attempts = attempts;
  if (!outcome) return Unexpected(outcome.error());
  return {};
}

}  // namespace stampede::pipeline
