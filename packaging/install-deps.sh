#!/bin/sh
# Finds what this project needs and the machine lacks, says what it is for, and installs it on Debian and Ubuntu.
# Does nothing, silently, when all is there.
#
#   install-deps.sh demo    to build and run the program
#   install-deps.sh test    to run its tests and benchmarks too
set -eu

purpose=${1:-}
case $purpose in
demo | test) ;;
*)
    echo "usage: $0 demo|test" >&2
    exit 2
    ;;
esac

here=$(dirname "$0")
packages=

# missing PACKAGE WHY
missing() {
    echo "missing: $1, $2" >&2
    packages="$packages $1"
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# A compiler without the C library's headers is not enough.
compiles() {
    printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' |
        cc -x c -o /dev/null - >/dev/null 2>&1
}

# The loader's cache may be stale or absent, so the usual folders are looked at too.
has_library() {
    for folder in $(ldconfig -p 2>/dev/null | sed -n 's|.* => \(/.*\)/[^/]*$|\1|p' | sort -u) \
        /usr/lib /usr/lib64 /usr/local/lib /usr/lib/*-linux-gnu /lib/*-linux-gnu; do
        [ ! -e "$folder/$1" ] || return 0
    done
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -qF "$1"
}

has_provider() {
    folder=$(openssl version -m 2>/dev/null | sed -n 's/^MODULESDIR: "\(.*\)"$/\1/p')
    [ -n "$folder" ] && [ -e "$folder/tpm2.so" ]
}

# The oldest compiler that the workspace accepts.
rust_version() {
    sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$here/../Cargo.toml"
}

python=/usr/bin/python3
[ -x "$python" ] || python=python3

compiles || missing build-essential "a C compiler and its headers, for the parts in C: SQLite and AWS-LC"
has make || missing make "runs the Makefile"
has_library libtpms.so.0 || missing libtpms0 "the software TPM inside of the process, for the demo and for trials"
if [ "$purpose" = test ]; then
    has swtpm || missing swtpm "a TPM emulator in a process of its own, to test against"
    has swtpm_ioctl || missing swtpm-tools "swtpm_ioctl, which switches that emulator off and on"
    # The shell has one of its own, so `has` does not tell.
    [ -x /bin/kill ] || [ -x /usr/bin/kill ] || missing procps "kill, which interrupts programs"
    has faketime || missing faketime "shows the program another time"
    perl -MIPC::Cmd -MPod::Usage -e1 2>/dev/null ||
        missing perl "configures other versions of OpenSSL, which are built once and tested against"
    has openssl || missing openssl "checks what we make, and makes what we read"
    has certtool || missing gnutls-bin "certtool, a second opinion on certificates and CRLs"
    has tpm2_load || missing tpm2-tools "loads our key files, and makes some for us"
    has_provider || missing tpm2-openssl "the OpenSSL provider that must load our key files"
    has curl || missing curl "a client that proves itself with a key in the TPM"
    [ -x /usr/sbin/nginx ] || missing nginx-light "a server that works with a key in the TPM"
    has valgrind || missing valgrind "looks for faulty memory accesses in the module for OpenSSL"
    "$python" -c 'import cryptography' 2>/dev/null ||
        missing python3-cryptography "a third opinion on certificates and CRLs"
fi

if [ -n "$packages" ]; then
    if ! has apt-get; then
        echo "there is no apt-get here: install the equivalents of$packages, then call this again" >&2
        exit 1
    fi
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! has sudo; then
            echo "there is no sudo here: run as root: apt-get install$packages" >&2
            exit 1
        fi
        as_root=sudo
        echo "installing with sudo apt-get, which may ask for your password:$packages" >&2
    else
        echo "installing with apt-get:$packages" >&2
    fi
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    # Word splitting is wanted: one argument for each package.
    # shellcheck disable=SC2086
    if ! {
        $as_root apt-get update &&
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages
    } >"$log" 2>&1; then
        cat "$log" >&2
        echo "apt-get could not install$packages" >&2
        exit 1
    fi
fi

# Debian's Rust is older than what we need, so that one is not ours to install.
if ! has cargo; then
    echo "missing: cargo, which builds the program: install Rust $(rust_version) or newer from https://rustup.rs" >&2
    exit 1
fi
wanted=$(rust_version)
found=$(cargo --version | sed 's/^cargo \([0-9.]*\).*/\1/')
oldest=$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)
if [ "$oldest" != "$wanted" ]; then
    echo "cargo is $found, and $wanted or newer is needed: run \`rustup update stable\`" >&2
    exit 1
fi
