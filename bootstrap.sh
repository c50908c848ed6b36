#!/bin/sh
# Make .venv from the lock files: every package by hash, compiled, and this checkout installed editable.
#   ./bootstrap.sh         what Leadline needs to run
#   ./bootstrap.sh --dev   that, and what its tests and checks need
# A second run with unchanged lock files ends at once. Needs only POSIX tools and Python 3.11, 3.12 or 3.13;
# PYTHON=/path/to/python3.12 chooses one. A mirror named by PIP_INDEX_URL is used.
set -eu

cd "$(dirname "$0")"
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME || true

say() { printf '%s\n' "bootstrap: $*"; }
die() { printf '%s\n' "bootstrap: $*" >&2; exit 2; }

lock=requirements.lock
stamp=.venv/.lock
case "${1:-}" in
  '') ;;
  --dev) lock=requirements-dev.lock; stamp=.venv/.lock-dev ;;
  *) die "unknown option $1 (there is only --dev)" ;;
esac

digest() {
  if command -v sha256sum >/dev/null 2>&1; then cat "$@" | sha256sum
  else cat "$@" | shasum -a 256
  fi | cut -d ' ' -f 1
}

# The folder is part of it: an environment that was moved or copied no longer finds its own scripts.
wanted="$(digest "$lock" pyproject.toml) $(pwd -P)"
if [ -x .venv/bin/leadline ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

python=
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
  if fits "$candidate"; then python=$candidate; break; fi
done
[ -n "$python" ] || die "Python 3.11, 3.12 or 3.13 is needed; ${PYTHON:-python3} is $("${PYTHON:-python3}" -V 2>&1 || echo absent). Install one, or name it: PYTHON=/path/to/python3.12 ./bootstrap.sh"
"$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
  die "this Python has no venv module. On Debian and Ubuntu: sudo apt-get install python3-venv"

if ! { fits .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 && [ "$(cat .venv/.home 2>/dev/null)" = "$(pwd -P)" ]; }; then
  say "making .venv with $("$python" -V 2>&1)"
  "$python" -m venv --clear .venv
  pwd -P > .venv/.home
fi
rm -f "$stamp"

# One requirement with its hashes, taken out of the lock.
locked() { awk -v name="$1==" 'index($0, name) == 1 {on = 1} on {print; if ($0 !~ /\\$/) exit}' "$lock"; }

with_pip() {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$1"
}

with_uv() {
  locked uv > .venv/uv.txt
  with_pip .venv/uv.txt || return 1
  UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-}}"
  if [ -n "$UV_DEFAULT_INDEX" ]; then export UV_DEFAULT_INDEX; else unset UV_DEFAULT_INDEX; fi
  .venv/bin/uv pip install --quiet --no-config --python .venv/bin/python --require-hashes --compile-bytecode -r "$lock"
}

say "installing $(grep -c '==' "$lock") locked packages"
if ! with_uv; then
  say "uv could not do it; pip takes longer"
  with_pip "$lock" || die "the packages could not be installed: see the message above, then run this again"
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable . ||
  die "the checkout could not be installed: see the message above"

printf '%s\n' "$wanted" > "$stamp"
# The development lock holds every package of the other one, in the same versions.
[ "$lock" = requirements.lock ] || printf '%s\n' "$(digest requirements.lock pyproject.toml) $(pwd -P)" > .venv/.lock
say "ready: .venv/bin/leadline"
