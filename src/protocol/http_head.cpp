#include "protocol/http_head.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "protocol/websocket.hpp"

namespace gw::http1 {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kHeadersMax = 100;
constexpr std::size_t kWebSocketKeyBytes = 16;
constexpr std::string_view kWebSocketVersion = "13";

// A character of a method or header name (RFC 9110, `token`).
bool is_token_char(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
}

bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_control_char(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The part of `text` before `separator`, which is removed with it; nothing when there is none.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at + separator.size());
  return part;
}

// Reads the lines after the first one, up to the blank one. Nothing when one is malformed.
std::optional<Headers> parse_headers(std::string_view lines) {
  Headers headers;
  while (auto line = take_until(lines, kLineEnd)) {
    if (line->empty()) return headers;
    const auto name =
        take_until(*line, ":");  // A folded line starts with a blank, which is no token character.
    if (!name || !is_token(*name)) return std::nullopt;
    const std::string_view value = without_blanks(*line);
    if (std::ranges::any_of(value, is_control_char)) return std::nullopt;
    headers.emplace_back(lower_ascii(*name), std::string(value));
  }
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether `text` has the form `HTTP/x.y`.
bool is_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
         is_digit(text[7]);
}

// The digit x of `HTTP/1.x`, or nothing.
std::optional<int> minor_version(std::string_view text) {
  if (!is_version(text) || text[5] != '1') return std::nullopt;
  return text[7] - '0';
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

void append_headers(std::string& text, const Headers& headers) {
  for (const auto& [name, value] : headers) {
    text += name;
    text += ": ";
    std::ranges::transform(value, std::back_inserter(text),
                           [](char c) { return is_control_char(c) ? ' ' : c; });
    text += kLineEnd;
  }
}

std::unexpected<Refusal> refuse(int status, std::string text, Headers headers = {}) {
  return std::unexpected(Refusal{status, std::move(text), std::move(headers)});
}

}  // namespace

std::string_view find_header(const Headers& headers, std::string_view name) {
  const auto found =
      std::ranges::find(headers, name, [](const auto& header) { return std::string_view(header.first); });
  return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

bool lists_token(const Headers& headers, std::string_view name, std::string_view token) {
  return std::ranges::any_of(headers, [&](const auto& header) {
    if (header.first != name) return false;
    std::string list = lower_ascii(header.second) + ",";
    std::string_view rest = list;
    while (const auto item = take_until(rest, ",")) {
      if (without_blanks(*item) == token) return true;
    }
    return false;
  });
}

HeadReader::Progress HeadReader::feed(std::span<char>& input) {
  while (!input.empty()) {
    // Anything else than a name at the very start is no HTTP, for example a TLS hello: say so before a line
    // ends.
    if (text_.empty() && !is_token_char(input.front())) return Progress::Malformed;
    const void* end = std::memchr(input.data(), '\n', input.size());
    const std::size_t count =
        end == nullptr ? input.size()
                       : static_cast<std::size_t>(static_cast<const char*>(end) - input.data()) + 1;
    if (count > bytes_max_ - text_.size()) return Progress::TooLong;
    text_.append(input.data(), count);
    input = input.subspan(count);
    if (end == nullptr) break;

    if (!text_.ends_with(kLineEnd)) return Progress::Malformed;
    if (text_.size() - line_start_ == kLineEnd.size()) return Progress::Complete;
    line_start_ = text_.size();
  }
  return Progress::NeedMore;
}

std::expected<RequestHead, Refusal> parse_request(std::string_view head) {
  auto line = take_until(head, kLineEnd);
  if (!line) return refuse(400, "The request has no request line");
  RequestHead request;
  const auto method = take_until(*line, " ");
  const auto target = take_until(*line, " ");
  const auto is_visible = [](char c) { return c > 0x20 && c < 0x7F; };
  if (!method || !is_token(*method) || !target || target->empty() ||
      !std::ranges::all_of(*target, is_visible)) {
    return refuse(400, "The request line is malformed");
  }
  if (!is_version(*line)) return refuse(400, "The request line is malformed");
  const auto version = minor_version(*line);
  if (!version) return refuse(505, "Only HTTP/1.1 is spoken here");
  auto headers = parse_headers(head);
  if (!headers) return refuse(400, "A header line is malformed");
  if (headers->size() > kHeadersMax) return refuse(431, "Too many header lines");
  const auto hosts = std::ranges::count(*headers, "host", [](const auto& header) { return header.first; });
  if (hosts > 1 || (hosts == 0 && *version >= 1)) return refuse(400, "Exactly one Host header is needed");

  request.method = *method;
  request.target = *target;
  request.minor_version = *version;
  request.headers = std::move(*headers);
  return request;
}

Result<ResponseHead> parse_response(std::string_view head) {
  const auto bad = [] { return fail(Code::InvalidRequest, "the answer is not an HTTP/1.1 response"); };
  auto line = take_until(head, kLineEnd);
  if (!line) return bad();
  const auto version = take_until(*line, " ");
  if (!version || !minor_version(*version)) return bad();

  ResponseHead response;
  const std::string_view digits = line->substr(0, 3);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), response.status);
  if (error != std::errc{} || end != digits.data() + 3 || response.status < 100) return bad();
  line->remove_prefix(3);
  if (!line->empty() && line->front() != ' ') return bad();
  response.reason = without_blanks(*line);

  auto headers = parse_headers(head);
  if (!headers) return bad();
  response.headers = std::move(*headers);
  return response;
}

std::string write_response(int status, const Headers& headers, std::string_view body, bool is_for_head) {
  const bool may_have_body = status >= 200 && status != 204 && status != 304;
  std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
  text += reason_phrase(status);
  text += kLineEnd;
  append_headers(text, headers);
  if (may_have_body) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "Connection: close\r\n\r\n";
  if (may_have_body && !is_for_head) text += body;
  return text;
}

bool wants_websocket(const RequestHead& request) {
  return lists_token(request.headers, "upgrade", "websocket");
}

std::expected<std::string, Refusal> check_upgrade(const RequestHead& request) {
  if (request.method != "GET") return refuse(400, "A WebSocket upgrade must be a GET request");
  if (request.minor_version < 1) return refuse(400, "A WebSocket upgrade needs HTTP/1.1");
  if (!wants_websocket(request)) return refuse(400, "The Upgrade header must name websocket");
  if (!lists_token(request.headers, "connection", "upgrade")) {
    return refuse(400, "The Connection header must name upgrade");
  }
  if (find_header(request.headers, "sec-websocket-version") != kWebSocketVersion) {
    return refuse(426, "Only WebSocket version 13 is spoken here",
                  {{"Sec-WebSocket-Version", std::string(kWebSocketVersion)}});
  }
  const std::string_view key = find_header(request.headers, "sec-websocket-key");
  const auto bytes = crypto::decode_base64(key);
  if (!bytes || bytes->size() != kWebSocketKeyBytes || key.size() != 24) {
    return refuse(400, "The Sec-WebSocket-Key header must be 16 bytes in base64");
  }
  return ws::accept_key(key);
}

std::string upgrade_response(std::string_view accept) {
  std::string text =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: ";
  text += accept;
  text += "\r\n\r\n";
  return text;
}

std::string upgrade_request(std::string_view host, std::string_view target, std::string_view key,
                            const Headers& extra) {
  std::string text = "GET ";
  text += target;
  text += " HTTP/1.1\r\n";
  append_headers(text, {{"Host", std::string(host)},
                        {"Upgrade", "websocket"},
                        {"Connection", "Upgrade"},
                        {"Sec-WebSocket-Key", std::string(key)},
                        {"Sec-WebSocket-Version", std::string(kWebSocketVersion)}});
  append_headers(text, extra);
  text += kLineEnd;
  return text;
}

Status check_upgrade_response(const ResponseHead& response, std::string_view key) {
  if (response.status != 101) {
    return fail(Code::Unavailable,
                "the server answered the upgrade with HTTP " + std::to_string(response.status));
  }
  const Headers& headers = response.headers;
  if (!lists_token(headers, "upgrade", "websocket") || !lists_token(headers, "connection", "upgrade") ||
      find_header(headers, "sec-websocket-accept") != ws::accept_key(key)) {
    return fail(Code::Unavailable, "the server does not speak WebSocket");
  }
  if (!find_header(headers, "sec-websocket-extensions").empty() ||
      !find_header(headers, "sec-websocket-protocol").empty()) {
    return fail(Code::Unavailable, "the server negotiates something that was not offered");
  }
  return {};
}

}  // namespace gw::http1
