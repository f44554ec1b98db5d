#!/bin/sh
# Runs the tests of the modules that OpenSSL loads, with modules that are built with a sanitizer.
#
#   run.sh address|thread FOLDER [TEST...]
#
# FOLDER is where it builds. TEST is a part of a test's name, as cargo-nextest takes it. Fails when a test fails, and
# when a program reported something, even if its test took no notice. docs/adr/0112-sanitizers.md has the reasons.
set -eu

sanitizer=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2
here=$(cd "$(dirname "$0")" && pwd)
host=$(rustc --print host-tuple)

# A program must have the run-time library before it loads a module.
flags="-Zsanitizer=$sanitizer"
std=
case $sanitizer in
address)
    # The toolchain's own, which is for programs. As a shared library it does without the object that starts it before
    # all others: the modules start it.
    cp "$(rustc --print target-libdir)"/librustc*_rt.asan.a "$folder/asan.a"
    ar d "$folder/asan.a" asan_preinit.cpp.o
    preload=$folder/asan.so
    ${CC:-cc} -shared -o "$preload" -Wl,--whole-archive "$folder/asan.a" -Wl,--no-whole-archive -lpthread -ldl -lm -lrt
    ;;
thread)
    # The toolchain's own cannot become a shared library. gcc's is one, and lacks what is in runtime.c.
    echo 'int main(void) { return 0; }' >"$folder/empty.c"
    ${CC:-cc} -fsanitize=thread -o "$folder/empty" "$folder/empty.c"
    preload=$(ldd "$folder/empty" | awk '/libtsan/ { print $3 }')
    if [ -z "$preload" ]; then
        echo "expected cc to link with a shared libtsan, as gcc does; set CC if cc is another compiler" >&2
        exit 1
    fi
    ${CC:-cc} -O1 -fno-builtin -shared -fPIC -o "$folder/runtime.so" "$here/runtime.c"
    preload="$folder/runtime.so $preload"
    std=$folder/std-$(rustc --version | cut -d ' ' -f 2)
    [ -d "$std" ] || python3 "$here/std-for-threads.py" "$std"
    flags="$flags -Cunsafe-allow-abi-mismatch=sanitizer"
    ;;
esac
flags="$flags -Cforce-frame-pointers=yes${std:+ --sysroot $std}"

# `--target` keeps the flags away from build scripts. The modules alone are built with them.
CARGO_TARGET_DIR="$folder" RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" cargo build --locked --lib --target "$host" \
    --package tpm2ca-openssl-provider --package tpm2ca-openssl-engine

reports=$folder/reports
rm -rf "$reports"
mkdir "$reports"
shared="log_path=$reports/report:log_exe_name=1:strip_path_prefix=$(cd "$here/../.." && pwd)/"
shared="$shared:external_symbolizer_path=$(command -v llvm-symbolizer || command -v addr2line)"
# A fault ends the program. A leak does not: other people's programs have leaks too, and only ours are counted below.
ASAN_OPTIONS="$shared:abort_on_error=1:exitcode=0:detect_stack_use_after_return=1:print_legend=0:malloc_context_size=30"
ASAN_OPTIONS="$ASAN_OPTIONS:fast_unwind_on_malloc=0:stack_trace_format='    #%n %p %F %L %M'"
TSAN_OPTIONS="$shared:exitcode=66:history_size=4"
export ASAN_OPTIONS TSAN_OPTIONS
export TPM2CA_TEST_MODULES="$folder/$host/debug" TPM2CA_TEST_PRELOAD="$preload"

# gcc's library before 14 does not find room for its tables where addresses are more random than this.
fixed=
if [ "$sanitizer" = thread ] && [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ]; then
    fixed="setarch -R"
fi
outcome=0
$fixed cargo nextest run --locked --profile "sanitizer-$sanitizer" --package tpm2ca-tests \
    --test openssl_provider --test openssl_engine "$@" || outcome=$?

# Servers are stopped without a look at their exit code, so that what was reported is looked at here.
echo
for report in "$reports"/*; do
    [ -e "$report" ] || continue
    # Paragraphs. A leak counts if one of our modules is among its callers. Processes of nginx that handle a signal in
    # that moment cannot be searched for leaks; the search then says so and gives up.
    awk -v RS= -v ORS='\n\n' '
        /detected memory leaks/ || /^SUMMARY: AddressSanitizer: [0-9]+ byte/ { next }
        /^(Direct|Indirect) leak/ && !/tpm2(ca|tss)?\.so|libtpm2ca_openssl/ { next }
        /ptrace appears to be blocked/ && FILENAME ~ /nginx/ { next }
        /^=+$/ { next }
        { print }' "$report" >"$report.ours"
    if [ -s "$report.ours" ]; then
        echo "$report:"
        cat "$report.ours"
        outcome=1
    fi
done
if [ "$outcome" -eq 0 ]; then
    echo "sanitizer $sanitizer: nothing found"
else
    echo "sanitizer $sanitizer: tests failed, or something was found; reports are in $reports" >&2
fi
exit "$outcome"
