#pragma once

#include <string>

#include "json/value.hpp"

namespace gw::cli {

/// Why a command failed, in the three kinds that scripts tell apart (docs/cli/README.md).
struct Failure {
  enum class Kind {
    Cli,        ///< Something on this side: an option, the configuration.
    Request,    ///< The gateway answered with an error.
    Transport,  ///< There was no answer.
  };

  Kind kind = Kind::Cli;
  std::string message;
  std::string code;           ///< Request: `INVALID_REQUEST` and so on. Cli: mostly none.
  json::Value details;        ///< Request: null when there are none.
  bool is_retryable = false;  ///< Request.
  bool is_timeout = false;    ///< Transport: else the connection closed or never was.
  int close_code = 0;         ///< Transport: of the gateway's close frame; 0: there was none.
  std::string reason;         ///< Transport: the gateway's own words at the close.
  std::string url;            ///< Transport: what we talked to,
  std::string url_source;     ///< and who said so.
  std::string next_step;      ///< For people; may be empty.
};

Failure cli_failure(std::string message, std::string next_step = {});

/// `{ok:false,error:{…}}`.
json::Object to_json(const Failure& failure);

}  // namespace gw::cli
