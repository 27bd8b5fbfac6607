#!/usr/bin/env bash
# Run the two commands of the README on clean machines, and print a row of docs/platforms.md for each.
#
#   sudo bench/platforms.sh [--keep] [--commands "build test"] SUITE ...      bookworm, trixie, testing
#
# A clean machine is a root made by debootstrap with Python and Git in it and nothing else: no virtual environment, no
# TeX, no fonts, a terminal that is `dumb`, no configuration of a user. It gets the last commit of this checkout, and
# installs the rest itself. Roots are kept in $OCTAVO_ROOTS (build/roots); without --keep each is made anew. They come from
# $OCTAVO_MIRROR, or from where debootstrap takes them.
set -eu
top=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
roots=${OCTAVO_ROOTS:-$top/build/roots}
mirror=${OCTAVO_MIRROR:-}
keep=no
commands="build test"
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=yes; shift ;;
    --commands) commands=$2; shift 2 ;;
    *) break ;;
  esac
done

inside() {  # ROOT COMMAND: run it in a root, with its own /proc and processes and no variable of this shell
  unshare --mount --pid --fork --mount-proc="$1/proc" \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive PIP_DEFAULT_TIMEOUT=180 chroot "$1" /bin/sh -c "$2"
}

make_root() {  # ROOT SUITE
  rm -rf "$1"
  mkdir -p "$1"
  debootstrap --variant=minbase --include=python3,git,ca-certificates "$2" "$1" ${mirror:+"$mirror"} >"$1.debootstrap.log" 2>&1
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
  # Behind a proxy that opens TLS, its certificate is among those of this machine.
  cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
  grep -hs '^Acquire::' /etc/apt/apt.conf.d/*proxy* >"$1/etc/apt/apt.conf.d/99proxy" || true
}

measure() {  # ROOT COMMAND: run it, its output to a file, and print seconds and result
  local started=$SECONDS result=passed
  inside "$1" "cd /root/octavo && python3 build.py $2" >"$1.${2:-book}.log" 2>&1 || result="failed ($?)"
  printf '%s s, %s' "$((SECONDS - started))" "$result"
}

version() { inside "$1" "$2" 2>/dev/null | head -1 || true; }

echo "| System | Python | LuaTeX | TeX Live | Pandoc | \`build.py\` | \`build.py test\` |"
echo "|---|---|---|---|---|---|---|"
for suite in "$@"; do
  root=$roots/$suite
  [ "$keep" = yes ] && [ -d "$root/etc" ] || make_root "$root" "$suite"
  if [ -d "$root/root/octavo/.git" ]; then
    git -C "$root/root/octavo" fetch --quiet "file://$top" HEAD
    git -C "$root/root/octavo" reset --quiet --hard FETCH_HEAD
  else
    git clone --quiet --no-hardlinks "file://$top" "$root/root/octavo"
  fi
  book="not run"
  tests="not run"
  case $commands in *build*) book=$(measure "$root" "") ;; esac
  case $commands in *test*) tests=$(measure "$root" "test") ;; esac
  system=$(version "$root" '. /etc/os-release && echo "$PRETTY_NAME"')
  python=$(version "$root" 'python3 --version' | sed 's/Python //')
  banner=$(version "$root" 'lualatex --version')
  engine=$(echo "$banner" | sed -E 's/.*Version ([0-9.]+).*/\1/')
  live=$(echo "$banner" | sed -E 's/.*TeX Live ([0-9]+).*/\1/')
  pandoc=$(version "$root" '/root/octavo/.venv/lib/python3*/site-packages/pypandoc/files/pandoc --version' | sed 's/pandoc //')
  echo "| $system | $python | $engine | $live | $pandoc | $book | $tests |"
done
