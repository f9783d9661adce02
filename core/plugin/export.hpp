// STAMPEDE_PLUGIN exports one class as a plugin. Use it once, at the end of the plugin's .cpp file,
// outside any namespace:
//
//   constexpr stampede::OptionSpec kOptions[] = {
//       {"attempts", stampede::OptionType::kInteger, "10", "1..1000", "Most tries for one
//       request"}};
//   STAMPEDE_PLUGIN(Optimistic, stampede::LockStrategy, "optimistic", "Retries on conflict",
//   kOptions)
//
// A plugin without options passes stampede::plugin::kNoOptions. The class has a constructor that
// takes a const stampede::PluginConfig&.

#pragma once

#include <boost/dll/alias.hpp>
#include <exception>
#include <iterator>
#include <memory>
#include <span>

#include "core/api/gate.hpp"
#include "core/api/http_server.hpp"
#include "core/api/lock_strategy.hpp"
#include "core/api/plugin_config.hpp"
#include "core/api/ranking.hpp"
#include "core/api/result.hpp"
#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "core/plugin/abi.hpp"

namespace stampede::plugin {

template <typename Interface>
inline constexpr Kind kKindOf = {};
template <>
inline constexpr Kind kKindOf<LockStrategy> = Kind::kLock;
template <>
inline constexpr Kind kKindOf<Store> = Kind::kStore;
template <>
inline constexpr Kind kKindOf<HttpServer> = Kind::kFrontend;
template <>
inline constexpr Kind kKindOf<Transport> = Kind::kTransport;
template <>
inline constexpr Kind kKindOf<Gate> = Kind::kGate;
template <>
inline constexpr Kind kKindOf<Ranking> = Kind::kRanking;

inline constexpr std::span<const OptionSpec> kNoOptions{};

template <typename Interface>
using Factory = Result<std::unique_ptr<Interface>>(const PluginConfig&);

// A constructor may throw; the exception becomes an Error before it leaves the plugin.
template <typename Class, typename Interface>
Result<std::unique_ptr<Interface>> create(const PluginConfig& config) noexcept {
  try {
    return std::make_unique<Class>(config);
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInvalid, error.what());
  } catch (...) {
    return fail(ErrorCode::kInvalid, "the constructor threw what is not a std::exception");
  }
}

}  // namespace stampede::plugin

#define STAMPEDE_PLUGIN(Class, Interface, name, summary, options)                   \
  STAMPEDE_PLUGIN_NOTE(stampede::plugin::kKindOf<Interface>, name)                  \
  namespace {                                                                       \
  const stampede::plugin::Descriptor plugin_descriptor{                             \
      summary, std::data(options), static_cast<std::uint32_t>(std::size(options))}; \
  stampede::Result<std::unique_ptr<Interface>> plugin_create(                       \
      const stampede::PluginConfig& config) {                                       \
    return stampede::plugin::create<Class, Interface>(config);                      \
  }                                                                                 \
  }                                                                                 \
  BOOST_DLL_ALIAS(plugin_descriptor, stampede_plugin_descriptor)                    \
  BOOST_DLL_ALIAS(plugin_create, stampede_plugin_create)
