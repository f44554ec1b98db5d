"""Makes a sysroot whose std tells ThreadSanitizer of its locks.

    std-for-threads.py FOLDER

The std of the toolchain is not instrumented, so that a lock that was waited for, or a `Once`, orders nothing for
ThreadSanitizer: it would report every use of what they protect. std's library brings its bitcode along, for link-time
optimization. LLVM's pass over it instruments the atomic operations, and leaves plain accesses alone, since the functions
lack the attribute `sanitize_thread`. The toolchain's own libLLVM does it; sources of std are not needed.
"""

import ctypes
import shutil
import subprocess
import sys
from ctypes import byref, c_char_p, c_int, c_void_p
from pathlib import Path


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def one(folder, pattern):
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        sys.exit(f"expected one file {folder}/{pattern}, found {len(found)}")
    return found[0]


toolchain = Path(output("rustc", "--print", "sysroot"))
host = output("rustc", "--print", "host-tuple")
llvm = ctypes.CDLL(str(one(toolchain / "lib", "libLLVM.so.*")))


def call(name, *arguments, result=c_int):
    """A function of LLVM's C interface. Pointers are c_void_p, so that they are not cut to the size of an int."""
    function = getattr(llvm, f"LLVM{name}")
    function.restype = result
    return function(*arguments)


def must(failed, message):
    if failed:
        text = ctypes.string_at(message.value).decode() if message else "no message"
        sys.exit(f"LLVM failed: {text}")


def pointer(name, *arguments):
    return c_void_p(call(name, *arguments, result=c_void_p))


def instrument(bitcode, target_object):
    """Compiles a file of bitcode to an object with instrumented atomic operations."""
    buffer, module, target, message = c_void_p(), c_void_p(), c_void_p(), c_void_p()
    must(call("CreateMemoryBufferWithContentsOfFile", str(bitcode).encode(), byref(buffer), byref(message)), message)
    must(call("ParseBitcodeInContext2", pointer("ContextCreate"), buffer, byref(module)), message)
    triple = call("GetTarget", module, result=c_char_p)
    must(call("GetTargetFromTriple", c_char_p(triple), byref(target), byref(message)), message)
    # Optimized by default (2), position-independent (2), and the default code model (0).
    machine = pointer("CreateTargetMachine", target, c_char_p(triple), b"", b"", 2, 2, 0)
    passes = b"tsan-module,function(tsan)"
    error = call("RunPasses", module, passes, machine, pointer("CreatePassBuilderOptions"), result=c_void_p)
    must(error, error and pointer("GetErrorMessage", c_void_p(error)))
    # As an object file (1).
    must(call("TargetMachineEmitToFile", machine, module, str(target_object).encode(), 1, byref(message)), message)


def main(folder):
    processor = {"x86_64": "X86", "aarch64": "AArch64"}[host.split("-")[0]]
    for part in ["TargetInfo", "Target", "TargetMC", "AsmPrinter"]:
        call(f"Initialize{processor}{part}", result=None)
    # Made beside, so that what is there is whole.
    new = folder.with_name(f"{folder.name}-new")
    shutil.rmtree(new, ignore_errors=True)
    libraries = Path("lib/rustlib") / host / "lib"
    (new / libraries).mkdir(parents=True)
    for file in (toolchain / libraries).iterdir():
        (new / libraries / file.name).symlink_to(file)
    std = one(new / libraries, "libstd-*.rlib")
    original = std.resolve()
    std.unlink()
    shutil.copy(original, std)
    for member in output("ar", "t", str(std)).split():
        if member.endswith(".o"):
            subprocess.run(["ar", "x", "--output", new, std, member], check=True)
            bitcode = new / "bitcode"
            section = ["--only-section=.llvmbc", "--set-section-flags", ".llvmbc=alloc"]
            subprocess.run(["objcopy", "-O", "binary", *section, new / member, bitcode], check=True)
            instrument(bitcode, new / member)
            subprocess.run(["ar", "r", std, new / member], check=True)
            (new / member).unlink()
            bitcode.unlink()
    new.rename(folder)


main(Path(sys.argv[1]))
