# Calls functions of libcrypto and looks at the error queue after each call.
#
#   PROGRAM LIBCRYPTO QUEUE ...
#
# QUEUE is what the queue holds before each call: `empty`, or `one` error that no call may remove.

import ctypes
import sys
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_uint, c_void_p

lib = ctypes.CDLL(sys.argv[1])
libraries = [lib]
has_error_before = sys.argv[2] == "one"

# Beginnings of the names of functions that clear the queue by themselves.
CLEARS_QUEUE = ("OPENSSL_init_crypto", "SSL_CTX_", "X509_check_private_key")


def raw(name, *arguments, result=c_int):
    """The bare result. Numbers are passed as wide as a pointer, which fits `int` and `size_t` alike."""
    function = next(getattr(library, name) for library in libraries if hasattr(library, name))
    function.restype = result
    return function(*[c_void_p(value) if isinstance(value, int) else value for value in arguments])


def errors():
    """Takes all errors out of the queue, as text."""
    texts = []
    while code := raw("ERR_get_error", result=ctypes.c_ulong):
        text = ctypes.create_string_buffer(256)
        raw("ERR_error_string_n", ctypes.c_ulong(code), text, 256, result=None)
        texts.append(text.value.decode())
    return texts


def put_error():
    """Puts an error into the queue, as text: of ERR_LIB_BN, with a reason that there is not."""
    if hasattr(lib, "ERR_set_error"):
        raw("ERR_new", result=None)
        raw("ERR_set_error", 3, 99, None, result=None)
    else:
        raw("ERR_put_error", 3, 0, 99, b"before", 0, result=None)


def before_each_call():
    """The errors that are in the queue before each call."""
    if not has_error_before:
        return []
    put_error()
    return errors()


before = before_each_call()


def call(name, *arguments, result):
    """The result, and the errors of this call."""
    left = errors()
    assert not left, f"before {name}: {left}"
    if before:
        put_error()
    value = raw(name, *arguments, result=result)
    after = errors()
    if after[: len(before)] == before:
        return value, after[len(before) :]
    assert name.startswith(CLEARS_QUEUE) or not value, f"{name} removed errors of others: {after}"
    return value, after


def ok(name, *arguments, result=c_int, expected=None):
    """The result of a call that succeeds, and leaves the queue as it was."""
    value, said = call(name, *arguments, result=result)
    good = value == expected if expected is not None else bool(value) and (result is not c_int or value > 0)
    assert good, f"{name} returned {value}: {said}"
    assert not said, f"{name} succeeded and left errors: {said}"
    return value


def pointer(name, *arguments):
    return ok(name, *arguments, result=c_void_p)


def fails(name, *arguments, result=c_int):
    """The errors of a call that fails, which must be there."""
    value, said = call(name, *arguments, result=result)
    assert not value or (result is c_int and value <= 0), f"{name} succeeded"
    assert said, f"{name} failed without an error"
    return " ".join(said)


def free(kind, *values):
    for value in values:
        ok_free = call(f"{kind}_free", value, result=None)[1]
        assert not ok_free, f"{kind}_free left errors: {ok_free}"


def read(reader, path):
    bio = pointer("BIO_new_file", path.encode(), b"r")
    value = pointer(reader, bio, None, None, None)
    free("BIO", bio)
    return value


def with_length(name, *arguments, room=None):
    """Calls a function whose last two arguments are a place for the result and its length, first for the length."""
    before, after = arguments if arguments and isinstance(arguments[0], tuple) else (arguments, ())
    length = c_size_t(0)
    ok(name, *before, None, byref(length), *after)
    place = ctypes.create_string_buffer(length.value)
    if room is not None:
        length.value = room
    ok(name, *before, place, byref(length), *after)
    return place.raw[: length.value]
