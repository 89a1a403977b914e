#include "http/curl_library.hpp"

#include <dlfcn.h>
#include <string>

namespace gw::http {
namespace {

class Symbols {
 public:
  explicit Symbols(void* library) : library_(library) {}

  template <typename Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library_, name));
    if (function == nullptr && missing_.empty()) missing_ = name;
  }

  const std::string& missing() const { return missing_; }

 private:
  void* library_;
  std::string missing_;
};

}  // namespace

Result<CurlLibrary> load_curl(const char* file_name) {
  void* library = dlopen(file_name, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) {
    return fail(Code::Unavailable,
                std::string("cannot load the HTTP library ") + file_name + ": is libcurl installed?");
  }
  CurlLibrary curl{};
  Symbols symbols(library);
  symbols.find(curl.global_init, "curl_global_init");
  symbols.find(curl.global_cleanup, "curl_global_cleanup");
  symbols.find(curl.easy_init, "curl_easy_init");
  symbols.find(curl.easy_setopt, "curl_easy_setopt");
  symbols.find(curl.easy_getinfo, "curl_easy_getinfo");
  symbols.find(curl.easy_pause, "curl_easy_pause");
  symbols.find(curl.easy_strerror, "curl_easy_strerror");
  symbols.find(curl.easy_cleanup, "curl_easy_cleanup");
  symbols.find(curl.multi_init, "curl_multi_init");
  symbols.find(curl.multi_setopt, "curl_multi_setopt");
  symbols.find(curl.multi_add_handle, "curl_multi_add_handle");
  symbols.find(curl.multi_remove_handle, "curl_multi_remove_handle");
  symbols.find(curl.multi_perform, "curl_multi_perform");
  symbols.find(curl.multi_poll, "curl_multi_poll");
  symbols.find(curl.multi_wakeup, "curl_multi_wakeup");
  symbols.find(curl.multi_info_read, "curl_multi_info_read");
  symbols.find(curl.multi_cleanup, "curl_multi_cleanup");
  symbols.find(curl.slist_append, "curl_slist_append");
  symbols.find(curl.slist_free_all, "curl_slist_free_all");
  symbols.find(curl.url, "curl_url");
  symbols.find(curl.url_set, "curl_url_set");
  symbols.find(curl.url_get, "curl_url_get");
  symbols.find(curl.url_cleanup, "curl_url_cleanup");
  symbols.find(curl.free, "curl_free");
  if (!symbols.missing().empty()) {
    return fail(Code::Unavailable,
                std::string("the HTTP library ") + file_name + " is too old: it has no " + symbols.missing());
  }
  return curl;
}

}  // namespace gw::http
