# Decrypts with a key of the TPM through libcrypto.
#
#   decrypter.py LIBCRYPTO KEY [--engine FILE] show|measure=ROUNDS PADDING CIPHER_TEXT...
#
# PADDING is `pkcs1`, `pkcs1-or-error`, `tls`, `oaep` or `none`. `show` prints a line for each cipher text: the message in
# hexadecimal digits, or `error`. `measure` decrypts each of two, the first of which is a right one, in turns, and prints nanoseconds, two numbers a line.
# The key is read as any PEM file is, or by the engine.

import ctypes
import os
import random
import sys
import time

library, key_file, *rest = sys.argv[1:]
engine_file = rest[1] if rest[0] == "--engine" else None
mode, padding, *cipher_text_files = rest[2:] if engine_file else rest
lib = ctypes.CDLL(library)
pointer, size, text, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_int
functions = [
    ("BIO_new_file", pointer, [text, text]),
    ("PEM_read_bio_PrivateKey", pointer, [pointer] * 4),
    ("ERR_print_errors_fp", None, [pointer]),
    ("ERR_clear_error", None, []),
    ("BIO_free", number, [pointer]),
    ("EVP_PKEY_free", None, [pointer]),
]
functions_of_providers = [
    ("EVP_PKEY_CTX_new", pointer, [pointer, pointer]),
    ("EVP_PKEY_CTX_free", None, [pointer]),
    ("EVP_PKEY_decrypt_init", number, [pointer]),
    ("EVP_PKEY_CTX_set_params", number, [pointer, pointer]),
    ("EVP_PKEY_decrypt", number, [pointer, pointer, pointer, text, size]),
]
functions_of_engines = [
    ("ENGINE_by_id", pointer, [text]),
    ("ENGINE_ctrl_cmd_string", number, [pointer, text, text, number]),
    ("ENGINE_init", number, [pointer]),
    ("ENGINE_load_private_key", pointer, [pointer, text, pointer, pointer]),
    ("EVP_PKEY_get1_RSA", pointer, [pointer]),
    ("RSA_free", None, [pointer]),
    ("RSA_private_decrypt", number, [number, text, pointer, pointer, number]),
    ("OPENSSL_init_crypto", number, [ctypes.c_uint64, pointer]),
]
for name, result, arguments in functions + (functions_of_engines if engine_file else functions_of_providers):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments
stderr = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stderr")
LONGEST = 512


def check(done, what):
    if not done or done < 0:
        lib.ERR_print_errors_fp(stderr)
        raise SystemExit(f"{what} failed")
    return done


class Param(ctypes.Structure):
    _fields_ = [("key", text), ("type", ctypes.c_uint), ("data", pointer), ("size", size), ("returned", size)]


class Params:
    """A list of OSSL_PARAM."""

    def __init__(self):
        self.buffers, self.list = [], []

    def add(self, key, kind, data):
        buffer = ctypes.create_string_buffer(data, len(data))
        self.buffers.append(buffer)
        self.list.append(Param(key, kind, ctypes.cast(buffer, pointer), len(data), 0))

    def natural(self, key, value):
        self.add(key, 2, value.to_bytes(4, sys.byteorder))

    def utf8(self, key, value):
        self.add(key, 4, value)

    def array(self):
        return (Param * (len(self.list) + 1))(*self.list, Param(None, 0, None, 0, 0))


class ByProvider:
    def __init__(self):
        bio = check(lib.BIO_new_file(key_file.encode(), b"r"), key_file)
        self.key = check(lib.PEM_read_bio_PrivateKey(bio, None, None, None), key_file)
        lib.BIO_free(bio)
        self.params = Params()
        if padding == "tls":
            self.params.add(b"pad-mode", 1, (7).to_bytes(4, sys.byteorder))
            self.params.natural(b"tls-client-version", 0x0303)
        else:
            self.params.utf8(b"pad-mode", padding.removesuffix("-or-error").encode())
        if padding == "pkcs1-or-error":
            self.params.natural(b"implicit-rejection", 0)
        self.array = self.params.array()

    def decrypt(self, cipher_text, room):
        context = check(lib.EVP_PKEY_CTX_new(self.key, None), "EVP_PKEY_CTX_new")
        check(lib.EVP_PKEY_decrypt_init(context) == 1, "EVP_PKEY_decrypt_init")
        check(lib.EVP_PKEY_CTX_set_params(context, ctypes.byref(self.array)) == 1, "EVP_PKEY_CTX_set_params")
        length = size(len(room))
        done = lib.EVP_PKEY_decrypt(context, room, ctypes.byref(length), cipher_text, len(cipher_text))
        lib.EVP_PKEY_CTX_free(context)
        return length.value if done == 1 else None

    def free(self):
        lib.EVP_PKEY_free(self.key)


class ByEngine:
    PADDINGS = {"pkcs1": 1, "none": 3, "oaep": 4, "pkcs1-or-error": 8}

    def __init__(self):
        # OPENSSL_INIT_ENGINE_DYNAMIC
        lib.OPENSSL_init_crypto(0x400, None)
        engine = check(lib.ENGINE_by_id(b"dynamic"), "the dynamic engine")
        for command, value in [(b"SO_PATH", engine_file.encode()), (b"ID", b"tpm2tss"), (b"LOAD", None)]:
            check(lib.ENGINE_ctrl_cmd_string(engine, command, value, 0), command)
        check(lib.ENGINE_ctrl_cmd_string(engine, b"SET_TCTI", os.environ["ENGINE_TCTI"].encode(), 0), "SET_TCTI")
        check(lib.ENGINE_init(engine), "ENGINE_init")
        key = check(lib.ENGINE_load_private_key(engine, key_file.encode(), None, None), "ENGINE_load_private_key")
        self.key = check(lib.EVP_PKEY_get1_RSA(key), "EVP_PKEY_get1_RSA")
        lib.EVP_PKEY_free(key)
        self.padding = self.PADDINGS[padding]

    def decrypt(self, cipher_text, room):
        length = lib.RSA_private_decrypt(len(cipher_text), cipher_text, room, self.key, self.padding)
        return None if length < 0 else length

    def free(self):
        lib.RSA_free(self.key)


key = ByEngine() if engine_file else ByProvider()
cipher_texts = [open(path, "rb").read() for path in cipher_text_files]
room = ctypes.create_string_buffer(LONGEST)
if mode == "show":
    for cipher_text in cipher_texts:
        length = key.decrypt(cipher_text, room)
        print("error" if length is None else room.raw[:length].hex(), flush=True)
        lib.ERR_print_errors_fp(stderr)
else:
    rounds = int(mode.removeprefix("measure="))

    def measure(cipher_text):
        begin = time.perf_counter_ns()
        key.decrypt(cipher_text, room)
        duration = time.perf_counter_ns() - begin
        lib.ERR_clear_error()
        return duration

    check(key.decrypt(cipher_texts[0], room) is not None, "the decryption of the first cipher text")
    for cipher_text in cipher_texts:
        measure(cipher_text)
    for _ in range(rounds):
        # In a random order, so that nothing else in the machine can go with the one or the other.
        order = random.sample(range(2), 2)
        durations = [0, 0]
        for which in order:
            durations[which] = measure(cipher_texts[which])
        print(*durations)
key.free()
