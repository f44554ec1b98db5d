# Signs with a key of the TPM through libcrypto, and checks each signature with the public key alone.
#
#   signer.py threads|children|busy|twice KEY PUBLIC_KEY

import ctypes
import os
import sys
import threading

lib = ctypes.CDLL("libcrypto.so.3")
pointer, size = ctypes.c_void_p, ctypes.c_size_t
for name, result, arguments in [
    ("BIO_new_file", pointer, [ctypes.c_char_p, ctypes.c_char_p]),
    ("PEM_read_bio_PrivateKey", pointer, [pointer] * 4),
    ("PEM_read_bio_PUBKEY", pointer, [pointer] * 4),
    ("EVP_MD_CTX_new", pointer, []),
    ("EVP_MD_CTX_free", None, [pointer]),
    ("EVP_sha256", pointer, []),
    ("EVP_DigestSignInit", ctypes.c_int, [pointer] * 5),
    ("EVP_DigestSign", ctypes.c_int, [pointer, pointer, pointer, pointer, size]),
    ("EVP_DigestVerifyInit", ctypes.c_int, [pointer] * 5),
    ("EVP_DigestVerify", ctypes.c_int, [pointer, pointer, size, pointer, size]),
    ("ERR_print_errors_fp", None, [pointer]),
]:
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
    return check(reader(bio, None, None, None), path)


def sign(key, message):
    context = lib.EVP_MD_CTX_new()
    check(lib.EVP_DigestSignInit(context, None, lib.EVP_sha256(), None, key) == 1, "EVP_DigestSignInit")
    length = size(0)
    check(lib.EVP_DigestSign(context, None, ctypes.byref(length), message, len(message)) == 1, "the length")
    signature = ctypes.create_string_buffer(length.value)
    check(
        lib.EVP_DigestSign(context, signature, ctypes.byref(length), message, len(message)) == 1,
        "EVP_DigestSign",
    )
    lib.EVP_MD_CTX_free(context)
    return signature.raw[: length.value]


def verify(key, message, signature):
    context = lib.EVP_MD_CTX_new()
    check(lib.EVP_DigestVerifyInit(context, None, lib.EVP_sha256(), None, key) == 1, "EVP_DigestVerifyInit")
    good = lib.EVP_DigestVerify(context, signature, len(signature), message, len(message)) == 1
    lib.EVP_MD_CTX_free(context)
    return good


mode, key_file, public_file = sys.argv[1:]
key = read(lib.PEM_read_bio_PrivateKey, key_file)
public = read(lib.PEM_read_bio_PUBKEY, public_file)


def good(message):
    return verify(public, message, sign(key, message))


def children(count):
    """Forks children that sign; how many of them did well."""
    processes = []
    for number in range(count):
        process = os.fork()
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
elif mode == "busy":
    # A thread that signs all the time holds the provider's locks in the moment of the fork.
    stop = threading.Event()

    def keep_signing():
        while not stop.is_set():
            check(good(b"busy"), "the busy thread's signature")

    thread = threading.Thread(target=keep_signing)
    thread.start()
    done = children(8)
    stop.set()
    thread.join()
    print(done, "good children")
elif mode == "twice":
    for _ in range(2):
        check(good(b"once more"), "the signature")
        print("signed", flush=True)
        sys.stdin.readline()
