"""Prints what OpenSSL's own library reads from configuration files, all octets in hexadecimal:

    file                         a file of the arguments begins
    error REASON LINE            it cannot be read
    section NAME                 a section
    value NAME VALUE             a value of that section, in its order
"""

import ctypes
import ctypes.util
import sys

crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")


class Value(ctypes.Structure):
    _fields_ = [("section", ctypes.c_char_p), ("name", ctypes.c_char_p), ("value", ctypes.c_char_p)]


def function(name, result, *arguments):
    found = getattr(crypto, name)
    found.restype = result
    found.argtypes = arguments
    return found


pointer, text = ctypes.c_void_p, ctypes.c_char_p
new = function("NCONF_new", pointer, pointer)
free = function("NCONF_free", None, pointer)
load = function("NCONF_load", ctypes.c_int, pointer, text, ctypes.POINTER(ctypes.c_long))
section_names = function("NCONF_get_section_names", pointer, pointer)
section = function("NCONF_get_section", pointer, pointer, text)
count = function("OPENSSL_sk_num", ctypes.c_int, pointer)
item = function("OPENSSL_sk_value", pointer, pointer, ctypes.c_int)
clear_errors = function("ERR_clear_error", None)
last_error = function("ERR_peek_last_error", ctypes.c_ulong)
reason = function("ERR_reason_error_string", text, ctypes.c_ulong)


def items(stack):
    return [item(stack, at) for at in range(count(stack))]


def show(kind, *words):
    print(kind, *(word.hex() or "-" for word in words))


for path in sys.argv[1:]:
    print("file")
    conf = new(None)
    line = ctypes.c_long(0)
    clear_errors()
    if load(conf, path.encode(), ctypes.byref(line)) != 1:
        show("error", reason(last_error()) or b"?", str(line.value).encode())
        continue
    for name in map(ctypes.string_at, items(section_names(conf))):
        show("section", name)
        for value in items(section(conf, name)):
            value = ctypes.cast(value, ctypes.POINTER(Value)).contents
            show("value", value.name, value.value)
    free(conf)
