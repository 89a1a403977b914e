# Shared by the scripts beside this directory; sourced, never run. Leaves the caller in the root of the repository.

set -euo pipefail
this_script=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '%s\n' "==> $*"; }
warn() { printf '%s\n' "warning: $*" >&2; }
die() { printf '%s\n' "${0##*/}: $*" >&2; exit 1; }

# Prints the comment block at the top of the calling script.
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$this_script"; }

# How many compilers to run at once: one for each core, and 1.5 GB of memory for each.
jobs_max() {
  local cores memory_kb by_memory
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  by_memory=$((memory_kb / 1500000))
  ((by_memory >= 1)) || by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# Where the original clients are installed (script/lib/peers.sh).
peers_dir() { echo "${XDG_CACHE_HOME:-$HOME/.cache}/openclaw-native/peers"; }

# Runs script/bootstrap unless everything it installs is already there.
ensure_packages() { script/bootstrap --quiet; }

elapsed() { printf '%d min %02d s' $((SECONDS / 60)) $((SECONDS % 60)); }
