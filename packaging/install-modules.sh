#!/bin/sh
# Puts the modules for OpenSSL where the installed openssl looks for them.
#
#   install-modules.sh FOLDER     FOLDER is where cargo has built them, such as target/release
#
# OPENSSL       the program to ask; otherwise `openssl`
# MODULES_DIR   where providers go; otherwise what `openssl version -m` says
# ENGINES_DIR   where engines go; otherwise what `openssl version -e` says
# DESTDIR       goes in front of these, for packages
# REPLACE=yes   takes the place of another project's tpm2.so and tpm2tss.so, of which copies are kept as *.orig
set -eu

[ $# -eq 1 ] || {
    echo "usage: $0 FOLDER" >&2
    exit 2
}
provider=$1/libtpm2ca_openssl_provider.so
engine=$1/libtpm2ca_openssl_engine.so
for pair in "$provider tpm2ca-openssl-provider" "$engine tpm2ca-openssl-engine"; do
    [ -e "${pair% *}" ] || {
        echo "${pair% *} is not built: run \`cargo build --release --package ${pair##* }\`" >&2
        exit 1
    }
done

# What `openssl version` says of a folder; nothing where that OpenSSL has no such thing.
named() {
    "${OPENSSL:-openssl}" version "$1" 2>/dev/null | sed -n "s/^$2: \"\(.*\)\"\$/\1/p"
}

# Words that the modules themselves bear.
is_ours() {
    grep -q -e 'OpenSSL provider for TPM 2.0 keys (tpm2ca)' -e 'TPM 2.0 keys (tpm2ca)' "$1"
}

# A file that programs have open is replaced, not written into.
put() {
    install -m 0644 "$built" "$folder/$1.new"
    mv -f "$folder/$1.new" "$folder/$1"
    echo "$folder/$1"
}

# The same under a name that another project's module may have.
put_instead() {
    if [ ! -e "$folder/$1" ] || is_ours "$folder/$1"; then
        put "$1"
    elif [ "${REPLACE:-}" = yes ]; then
        # Not the link, if it is one.
        cp -pL "$folder/$1" "$folder/$1.orig"
        put "$1"
    else
        echo "$folder/$1 belongs to another project and stays; ours is \`$2\`," >&2
        echo "or takes its place with \`make install REPLACE=yes\`" >&2
    fi
}

done=no
folder=${MODULES_DIR:-$(named -m MODULESDIR)}
if [ -n "$folder" ]; then
    folder=${DESTDIR:-}$folder
    built=$provider
    install -d "$folder"
    put tpm2ca.so
    put_instead tpm2.so '-provider tpm2ca'
    done=yes
fi
folder=${ENGINES_DIR:-$(named -e ENGINESDIR)}
if [ -n "$folder" ]; then
    folder=${DESTDIR:-}$folder
    built=$engine
    install -d "$folder"
    put tpm2ca.so
    # The second is what tpm2-tss-engine calls its file, and what stands in many an openssl.cnf.
    put_instead tpm2tss.so '-engine tpm2ca'
    put_instead libtpm2tss.so '-engine tpm2ca'
    done=yes
fi
[ "$done" = yes ] || {
    echo "\`${OPENSSL:-openssl} version -m -e\` names no folder for providers and none for engines" >&2
    exit 1
}
