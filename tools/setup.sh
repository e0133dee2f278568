#!/usr/bin/env bash
# Prepares this checkout: `.venv` from requirements.lock, and the system packages that are missing.
#
#   tools/setup.sh          what running needs
#   tools/setup.sh tests    what the tests need too (PostgreSQL, a browser)
#
# Packages are installed by apt when this is root or sudo asks no password. Otherwise one line says what to
# install, and the work goes on as far as it can.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose="${1:-run}"
python="${PYTHON:-python3}"
apt_is_fresh=no

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null
}

install_packages() { # names of Debian packages; fails, and says how to install them, when that is not allowed
    if may_install; then
        if [ "$apt_is_fresh" = no ]; then
            as_root apt-get update -qq || true # an old list may still have what is needed
            apt_is_fresh=yes
        fi
        if as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
            </dev/null >/dev/null; then
            return 0
        fi
    fi
    echo "install: apt-get install $*" >&2
    return 1
}

require_python() {
    if ! command -v "$python" >/dev/null; then
        echo "setup: there is no $python; install Python 3.11 or later (apt-get install python3)" >&2
        exit 1
    fi
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        echo "setup: $("$python" --version) is too old; Python 3.11 or later is needed" \
            "(make setup PYTHON=/path/to/python3.11)" >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages python3-venv || exit 1
        if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            echo "setup: $python still cannot make a virtual environment; its package venv is missing" >&2
            exit 1
        fi
    fi
}

prepare_venv() { # done again only when the lock has changed, or the interpreter below .venv is gone
    local wanted
    wanted="$(sha256sum requirements.lock)"
    if [ "$(cat .venv/installed 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
        return
    fi
    require_python
    echo "setup: .venv from requirements.lock"
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then # none, half made, or of an interpreter now gone
        rm -rf .venv
        "$python" -m venv .venv
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes -r requirements.lock </dev/null
    echo "$wanted" >.venv/installed
}

prepare_system() {
    local missing
    missing="$(.venv/bin/python tools/missing_packages.py "$purpose")"
    if [ -n "$missing" ]; then
        echo "setup: system packages: $missing"
        # shellcheck disable=SC2086 # one word for each package
        install_packages $missing || true # said so; what needs them says so again
    fi
}

prepare_venv
prepare_system
