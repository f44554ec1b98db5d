# Signs with a key of the TPM through libcrypto, and checks each signature with the public key alone.
#
#   signer.py threads|children|busy|orphan|freeing|both|twice|copies LIBCRYPTO KEY PUBLIC_KEY [ENGINE]
#
# The key is read as any PEM file is, or by the engine where one is given; only that can do `copies`. In `both` the engine
# reads another key, other.tss.

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time

mode, library, key_file, public_file, *engine_file = sys.argv[1:]
# For itself alone, as a plug-in of a program would load it.
lib = ctypes.CDLL(library)
pointer, size, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
functions = [
    ("BIO_new_file", pointer, [text, text]),
    ("BIO_free", ctypes.c_int, [pointer]),
    ("PEM_read_bio_PrivateKey", pointer, [pointer] * 4),
    ("PEM_read_bio_PUBKEY", pointer, [pointer] * 4),
    ("EVP_PKEY_free", None, [pointer]),
    ("EVP_MD_CTX_new", pointer, []),
    ("EVP_MD_CTX_free", None, [pointer]),
    ("EVP_sha256", pointer, []),
    ("EVP_DigestSignInit", ctypes.c_int, [pointer] * 5),
    ("EVP_DigestSign", ctypes.c_int, [pointer, pointer, pointer, pointer, size]),
    ("EVP_DigestVerifyInit", ctypes.c_int, [pointer] * 5),
    ("EVP_DigestVerify", ctypes.c_int, [pointer, pointer, size, pointer, size]),
    ("ERR_print_errors_fp", None, [pointer]),
]
# From OpenSSL 4.0 on there are no engines.
functions_of_engines = [
    ("ENGINE_by_id", pointer, [text]),
    ("ENGINE_ctrl_cmd_string", ctypes.c_int, [pointer, text, text, ctypes.c_int]),
    ("ENGINE_init", ctypes.c_int, [pointer]),
    ("ENGINE_finish", ctypes.c_int, [pointer]),
    ("ENGINE_free", ctypes.c_int, [pointer]),
    ("ENGINE_load_private_key", pointer, [pointer, text, pointer, pointer]),
    ("EVP_PKEY_get1_EC_KEY", pointer, [pointer]),
    ("EVP_PKEY_set1_EC_KEY", ctypes.c_int, [pointer, pointer]),
    ("EVP_PKEY_new", pointer, []),
    ("EC_KEY_dup", pointer, [pointer]),
    ("EC_KEY_free", None, [pointer]),
    ("OPENSSL_init_crypto", ctypes.c_int, [ctypes.c_uint64, pointer]),
]
for name, result, arguments in functions + (functions_of_engines if engine_file else []):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments
stderr = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stderr")


def check(done, what):
    if not done or done < 0:
        lib.ERR_print_errors_fp(stderr)
        raise SystemExit(f"{what} failed")
    return done


def read(reader, path):
    bio = check(lib.BIO_new_file(path.encode(), b"r"), path)
    key = check(reader(bio, None, None, None), path)
    lib.BIO_free(bio)
    return key


def load_by_engine(file, key_file):
    # OPENSSL_INIT_ENGINE_DYNAMIC
    lib.OPENSSL_init_crypto(0x400, None)
    engine = check(lib.ENGINE_by_id(b"dynamic"), "the dynamic engine")
    for command, value in [(b"SO_PATH", file.encode()), (b"ID", b"tpm2tss"), (b"LOAD", None)]:
        check(lib.ENGINE_ctrl_cmd_string(engine, command, value, 0), command)
    check(lib.ENGINE_ctrl_cmd_string(engine, b"SET_TCTI", os.environ["ENGINE_TCTI"].encode(), 0), "SET_TCTI")
    check(lib.ENGINE_init(engine), "ENGINE_init")
    key = check(lib.ENGINE_load_private_key(engine, key_file.encode(), None, None), "ENGINE_load_private_key")
    # As OpenSSL's own programs do: the key outlives what it was loaded with.
    lib.ENGINE_finish(engine)
    lib.ENGINE_free(engine)
    return key


# Around the one call that goes to the TPM.
at_the_tpm = contextlib.nullcontext()


def sign(key, message):
    context = lib.EVP_MD_CTX_new()
    check(lib.EVP_DigestSignInit(context, None, lib.EVP_sha256(), None, key) == 1, "EVP_DigestSignInit")
    length = size(0)
    check(lib.EVP_DigestSign(context, None, ctypes.byref(length), message, len(message)) == 1, "the length")
    signature = ctypes.create_string_buffer(length.value)
    with at_the_tpm:
        done = lib.EVP_DigestSign(context, signature, ctypes.byref(length), message, len(message)) == 1
    check(done, "EVP_DigestSign")
    lib.EVP_MD_CTX_free(context)
    return signature.raw[: length.value]


def verify(key, message, signature):
    context = lib.EVP_MD_CTX_new()
    check(lib.EVP_DigestVerifyInit(context, None, lib.EVP_sha256(), None, key) == 1, "EVP_DigestVerifyInit")
    good = lib.EVP_DigestVerify(context, signature, len(signature), message, len(message)) == 1
    lib.EVP_MD_CTX_free(context)
    return good


if engine_file and mode != "both":
    key = load_by_engine(*engine_file, key_file)
else:
    key = read(lib.PEM_read_bio_PrivateKey, key_file)
public = read(lib.PEM_read_bio_PUBKEY, public_file)


def good(message):
    return verify(public, message, sign(key, message))


def children(count, fork=os.fork):
    """Forks children that sign; how many of them did well."""
    processes = []
    for number in range(count):
        process = fork()
        if process == 0:
            done = all(good(b"child %d, %d" % (number, turn)) for turn in range(10))
            os._exit(0 if done else 1)
        processes.append(process)
    return sum(os.waitpid(process, 0)[1] == 0 for process in processes)


if mode == "threads":
    counts = [0] * 8

    def run(number):
        for turn in range(100):
            counts[number] += good(b"thread %d, %d" % (number, turn))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(counts), "good signatures")
elif mode == "children":
    check(good(b"parent"), "the parent's signature")
    print(children(8), "good children")
elif mode in ("busy", "orphan"):
    # A thread that signs all the time holds our module's locks in the moment of the fork. It must hold none of libcrypto's
    # then, which libcrypto does not put right in a child: so it is elsewhere but at the TPM only while nobody forks.
    stop = threading.Event()
    elsewhere = threading.Lock()

    class AtTheTpm:
        def __enter__(self):
            elsewhere.release()

        def __exit__(self, *_):
            elsewhere.acquire()

    def keep_signing():
        with elsewhere:
            while not stop.is_set():
                check(good(b"busy"), "the busy thread's signature")

    def fork():
        elsewhere.acquire()
        # Well within what a signature takes.
        time.sleep(0.001)
        process = os.fork()
        # The child keeps it, as the busy thread has it.
        if process != 0:
            elsewhere.release()
        return process

    check(good(b"parent"), "the parent's signature")
    at_the_tpm = AtTheTpm()
    thread = threading.Thread(target=keep_signing)
    thread.start()
    if mode == "busy":
        done = children(int(os.environ.get("CHILDREN", "8")), fork)
        stop.set()
        thread.join()
        print(done, "good children")
    else:
        # The child does nothing for as long as it is let.
        if fork() == 0:
            print("forked", flush=True)
            sys.stdin.readline()
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)
elif mode == "freeing":
    # The TPM does not answer: the process TPM_PROCESS is stopped.
    another = read(lib.PEM_read_bio_PrivateKey, key_file)
    check(good(b"before"), "the first signature")
    tpm = int(os.environ["TPM_PROCESS"])
    os.kill(tpm, signal.SIGSTOP)
    done = []
    thread = threading.Thread(target=lambda: done.append(good(b"meanwhile")))
    thread.start()
    # Time to get to the TPM.
    time.sleep(0.5)
    lib.EVP_PKEY_free(another)
    waited = bool(done) or not thread.is_alive()
    os.kill(tpm, signal.SIGCONT)
    thread.join()
    print("freed after the signature" if waited else "freed before the signature", done)
elif mode == "both":
    other_key = load_by_engine(*engine_file, "other.tss")
    other_public = read(lib.PEM_read_bio_PUBKEY, "other.pub")
    counts = [0] * 4

    def run(number, key, public):
        for turn in range(40):
            message = b"thread %d, %d" % (number, turn)
            counts[number] += verify(public, message, sign(key, message))

    pairs = [(key, public), (other_key, other_public)] * 2
    threads = [threading.Thread(target=run, args=(number, *pair)) for number, pair in enumerate(pairs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(counts), "good signatures")
elif mode == "twice":
    for _ in range(2):
        check(good(b"once more"), "the signature")
        print("signed", flush=True)
        sys.stdin.readline()
elif mode == "copies":
    # The copy signs after the original is gone.
    original = check(lib.EVP_PKEY_get1_EC_KEY(key), "EVP_PKEY_get1_EC_KEY")
    copy = check(lib.EC_KEY_dup(original), "EC_KEY_dup")
    lib.EC_KEY_free(original)
    lib.EVP_PKEY_free(key)
    key = lib.EVP_PKEY_new()
    check(lib.EVP_PKEY_set1_EC_KEY(key, copy), "EVP_PKEY_set1_EC_KEY")
    lib.EC_KEY_free(copy)
    check(good(b"copied"), "the signature of the copy")
    print("signed by the copy")

# So that what is left is a leak.
lib.EVP_PKEY_free(key)
lib.EVP_PKEY_free(public)
