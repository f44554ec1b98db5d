#!/bin/sh
# Runs fuzz targets one after the other with the installed compiler, stable or not.
#
#   run.sh BUILD_DIR MINUTES [TARGET]
#
# MINUTES are for each target. What was learnt stays in fuzz/corpus, what was found in fuzz/artifacts. Fails when
# something was found.
set -eu

mkdir -p "$1"
build=$(cd "$1" && pwd)
seconds=$(($2 * 60))
cd "$(dirname "$0")"
targets=${3:-$(cd fuzz_targets && ls | sed 's/\.rs$//')}
for target in $targets; do
    if [ ! -e "fuzz_targets/$target.rs" ]; then
        echo "expected a file of fuzz/fuzz_targets, found \`$target\`" >&2
        exit 2
    fi
done

# In a folder of its own, where it is in nobody's way.
if [ ! -x "$build/tools/bin/cargo-fuzz" ]; then
    cargo install --locked --root "$build/tools" cargo-fuzz
fi
# It asks for flags of a nightly compiler; with this a stable one takes them.
export RUSTC_BOOTSTRAP=1 PATH="$build/tools/bin:$PATH" CARGO_TARGET_DIR="$build/fuzz"

for target in $targets; do
    cargo fuzz build "$target"
done
# What a TPM answers is nothing that a fuzzer guesses: it starts with answers of a real one.
case " $(echo $targets) " in
*" tpm_response "*) cargo run --quiet --locked --bin record_tpm -- corpus/tpm_response ;;
esac

logs=$build/fuzz/logs
mkdir -p "$logs"
found=
summary=
for target in $targets; do
    log=$logs/$target.log
    echo "$target: $2 minutes; what it says goes to $log"
    outcome="nothing found"
    if ! cargo fuzz run "$target" -- "-max_total_time=$seconds" -print_final_stats=1 >"$log" 2>&1; then
        tail -n 50 "$log"
        outcome="found something, see fuzz/artifacts/$target and $log"
        found=1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    summary="$summary$target: ${runs:-?} runs, $outcome
"
done
echo
printf '%s' "$summary"
[ -z "$found" ]
