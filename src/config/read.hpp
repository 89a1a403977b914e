#pragma once

#include "config/config.hpp"
#include "config/secrets.hpp"
#include "config/values.hpp"

/// The sections of the file, each read into its part of the Config. What cannot be
/// said by type alone is checked here.
namespace gw::config {

struct Reading {
  const json::Object& root;
  const Values values;  // Of `root`.
  const Paths& paths;
  const Environment& environment;
  Resolver& resolver;
  std::vector<Issue>& issues;
  Config& config;
};

void read_gateway(Reading& reading);
void read_agents(Reading& reading);
void read_providers(Reading& reading);
void read_logging(Reading& reading);
void read_native(Reading& reading);

}  // namespace gw::config
