#!/bin/sh
# Written by "openclaw gateway install", which replaces it. Sets the variables of the gateway, then becomes it.
#   <this script> <environment file> <program> [argument...]
set -u

refuse() {
  printf 'openclaw: %s\n' "$1" >&2
  exit 78
}

[ "$#" -ge 2 ] || refuse 'usage: <environment file> <program> [argument...]'
file=$1
shift
case $file in /*) ;; *) refuse "$file is not an absolute path" ;; esac
[ ! -L "$file" ] && [ -f "$file" ] && [ -r "$file" ] || refuse "$file is missing, or not a file that can be read"
[ -O "$file" ] || refuse "$file belongs to another user"
case $(ls -ld "$file") in -r[w-]-------[\ @.]*) ;; *) refuse "others may read $file: chmod 600 it" ;; esac
IFS= read -r header <"$file" || header=
[ "$header" = '# openclaw service environment, version 1' ] || refuse "$file was not written by openclaw gateway install"
assignment="export [A-Za-z_][A-Za-z0-9_]*='([^']|'\\\\'')*'"
if LC_ALL=C grep -Eqv "^(#.*|$assignment)?\$" "$file"; then
  refuse "$file has a line that is not: export NAME='value'"
fi
[ -f "$1" ] && [ -x "$1" ] || refuse "$1 is missing, or not a program"
. "$file"
exec "$@"
