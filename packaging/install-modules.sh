#!/bin/sh
# Puts the modules for OpenSSL where the installed openssl looks for them.
#
#   install-modules.sh FOLDER     FOLDER is where cargo has built them, such as target/release
#
# MODULES_DIR   where providers go; otherwise what `openssl version -m` says
# DESTDIR       goes in front of that, for packages
# REPLACE=yes   takes the place of another project's tpm2.so, of which a copy is kept as tpm2.so.orig
set -eu

[ $# -eq 1 ] || {
    echo "usage: $0 FOLDER" >&2
    exit 2
}
built=$1/libtpm2ca_openssl_provider.so
[ -e "$built" ] || {
    echo "$built is not built: run \`cargo build --release --package tpm2ca-openssl-provider\`" >&2
    exit 1
}

folder=${MODULES_DIR:-$(openssl version -m | sed -n 's/^MODULESDIR: "\(.*\)"$/\1/p')}
[ -n "$folder" ] || {
    echo "\`openssl version -m\` names no folder for providers; OpenSSL 3.0 or newer has one" >&2
    exit 1
}
folder=${DESTDIR:-}$folder

# Words that the module itself bears.
is_ours() {
    grep -q 'OpenSSL provider for TPM 2.0 keys (tpm2ca)' "$1"
}

# A file that programs have open is replaced, not written into.
put() {
    install -m 0644 "$built" "$folder/$1.new"
    mv -f "$folder/$1.new" "$folder/$1"
    echo "$folder/$1"
}

install -d "$folder"
put tpm2ca.so
if [ ! -e "$folder/tpm2.so" ] || is_ours "$folder/tpm2.so"; then
    put tpm2.so
elif [ "${REPLACE:-}" = yes ]; then
    cp -p "$folder/tpm2.so" "$folder/tpm2.so.orig"
    put tpm2.so
else
    echo "$folder/tpm2.so belongs to another project and stays; ours is \`-provider tpm2ca\`," >&2
    echo "or takes its place with \`make install REPLACE=yes\`" >&2
fi
