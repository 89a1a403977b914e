#pragma once

namespace gw::platform {

/// Gives back the memory of program code that only the start needed; what is needed again is read from the
/// file again. For a process that now mostly sleeps. A debugger's breakpoints are lost.
void release_startup_code();

}  // namespace gw::platform
