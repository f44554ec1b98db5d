# What programs do with keys of the provider, call by call:
#
#   calls.py LIBCRYPTO QUEUE MODE [LIBSSL]
#
# in a folder with `rsa`, `pss` and `ec`: `.tss`, `.crt` and `.pub`, and the software key `peer`: `.pem` and `.pub`. Modes:
# `everything`, `agreements`, `selections`, `lengths`, `certificates`, `tls-secret`.

import threading

mode = sys.argv[3]
INTEGER, UNSIGNED, _, TEXT, BYTES = range(1, 6)
PRIVATE, PUBLIC, DOMAIN, OTHER = 1, 2, 4, 0x80
PARAMETERS, ALL = DOMAIN | OTHER, 0x87
SIZE_MAX = (1 << 8 * ctypes.sizeof(c_size_t)) - 1


class Param(Structure):
    _fields_ = [("key", c_char_p), ("kind", c_uint), ("data", c_void_p), ("size", c_size_t), ("answered", c_size_t)]


def params(**values):
    """OSSL_PARAMs; `_` in names stands for `-`."""
    made, kept = [], []
    for name, value in values.items():
        if isinstance(value, int):
            data, kind, size = ctypes.create_string_buffer(value.to_bytes(8, sys.byteorder, signed=value < 0), 8), INTEGER, 8
        elif isinstance(value, str):
            data, kind, size = ctypes.create_string_buffer(value.encode()), TEXT, len(value.encode())
        else:
            data, kind, size = ctypes.create_string_buffer(value, max(len(value), 1)), BYTES, len(value)
        kept.append(data)
        made.append(Param(name.replace("_", "-").encode(), kind, ctypes.addressof(data), size, SIZE_MAX))
    made.append(Param())
    array = (Param * len(made))(*made)
    array.kept = kept
    return array


def asked(*names):
    """OSSL_PARAMs for answers."""
    made, kept = [], []
    for name, kind in names:
        data = ctypes.create_string_buffer(1024 if kind != INTEGER else 8)
        kept.append(data)
        made.append(Param(name, kind, ctypes.addressof(data), len(data), SIZE_MAX))
    made.append(Param())
    array = (Param * len(made))(*made)
    array.kept = kept
    return array


def names_in(table):
    """The names in a list of descriptions."""
    names, at = [], ctypes.cast(table, POINTER(Param))
    while at[len(names)].key:
        names.append(at[len(names)].key)
    assert names
    return names


def key_of(kind):
    return read("PEM_read_bio_PrivateKey", f"{kind}.tss")


def public_of(kind):
    return read("PEM_read_bio_PUBKEY", f"{kind}.pub")


def context(key, query=None):
    return pointer("EVP_PKEY_CTX_new_from_pkey", None, key, query)


def provider_of(key):
    return raw("OSSL_PROVIDER_get0_name", raw("EVP_PKEY_get0_provider", key, result=c_void_p), result=c_char_p).decode()


def sha256():
    return raw("EVP_sha256", result=c_void_p)


DIGEST = bytes(range(32))
MESSAGE = b"to be signed"


def signatures(key, public, padding):
    """Over a message in pieces and over a digest, checked by the default provider and by ours."""
    half = pointer("EVP_MD_CTX_new")
    pctx = c_void_p()
    ok("EVP_DigestSignInit", half, byref(pctx), sha256(), None, key)
    if padding:
        ok("EVP_PKEY_CTX_set_params", pctx, params(pad_mode=padding, **({"saltlen": "32"} if padding == "pss" else {})))
    names_in(pointer("EVP_PKEY_CTX_settable_params", pctx))
    names_in(pointer("EVP_PKEY_CTX_gettable_params", pctx))
    answers = asked((b"digest", TEXT), (b"algorithm-id", BYTES))
    ok("EVP_PKEY_CTX_get_params", pctx, answers)
    assert answers.kept[0].value.upper() in (b"SHA256", b"SHA2-256"), answers.kept[0].value
    ok("EVP_DigestUpdate", half, MESSAGE[:5], 5)
    whole = pointer("EVP_MD_CTX_new")
    ok("EVP_MD_CTX_copy_ex", whole, half)
    made = []
    for digester in (half, whole):
        ok("EVP_DigestUpdate", digester, MESSAGE[5:], len(MESSAGE) - 5)
        made.append(with_length("EVP_DigestSignFinal", digester))
        free("EVP_MD_CTX", digester)
    for signature in made:
        for checker in (public, key):
            digester = pointer("EVP_MD_CTX_new")
            ok("EVP_DigestVerifyInit", digester, byref(pctx), sha256(), None, checker)
            if padding:
                ok("EVP_PKEY_CTX_set_params", pctx, params(pad_mode=padding))
            ok("EVP_DigestUpdate", digester, MESSAGE, len(MESSAGE))
            ok("EVP_DigestVerifyFinal", digester, signature, len(signature))
            free("EVP_MD_CTX", digester)

    signer = context(key)
    ok("EVP_PKEY_sign_init", signer)
    settings = {"digest": "SHA256", **({"pad_mode": padding} if padding else {})}
    ok("EVP_PKEY_CTX_set_params", signer, params(**settings))
    copy = pointer("EVP_PKEY_CTX_dup", signer)
    for one in (signer, copy):
        signature = with_length("EVP_PKEY_sign", (one,), (DIGEST, 32))
        for checker in (public, key):
            verifier = context(checker)
            ok("EVP_PKEY_verify_init", verifier)
            ok("EVP_PKEY_CTX_set_params", verifier, params(**settings))
            ok("EVP_PKEY_verify", verifier, signature, len(signature), DIGEST, 32)
            free("EVP_PKEY_CTX", verifier)
    free("EVP_PKEY_CTX", signer, copy)


def decryption(key, public):
    for settings in (params(pad_mode="pkcs1"), params(pad_mode="oaep", digest="SHA256")):
        encrypter = context(public)
        ok("EVP_PKEY_encrypt_init", encrypter)
        ok("EVP_PKEY_CTX_set_params", encrypter, settings)
        hidden = with_length("EVP_PKEY_encrypt", (encrypter,), (MESSAGE, len(MESSAGE)))
        free("EVP_PKEY_CTX", encrypter)
        decrypter = context(key)
        ok("EVP_PKEY_decrypt_init", decrypter)
        ok("EVP_PKEY_CTX_set_params", decrypter, settings)
        names_in(pointer("EVP_PKEY_CTX_settable_params", decrypter))
        names_in(pointer("EVP_PKEY_CTX_gettable_params", decrypter))
        ok("EVP_PKEY_CTX_get_params", decrypter, asked((b"pad-mode", TEXT), (b"digest", TEXT)))
        copy = pointer("EVP_PKEY_CTX_dup", decrypter)
        for one in (decrypter, copy):
            assert with_length("EVP_PKEY_decrypt", (one,), (hidden, len(hidden))) == MESSAGE
        free("EVP_PKEY_CTX", decrypter, copy)
    wrong_tls_secret(key)


def wrong_tls_secret(key):
    # RSA_PKCS1_WITH_TLS_PADDING: what is wrong is not said (RFC 5246, 7.4.7.1), so this is a success.
    decrypter = context(key)
    ok("EVP_PKEY_decrypt_init", decrypter)
    ok("EVP_PKEY_CTX_set_params", decrypter, params(pad_mode=7, tls_client_version=0x303, tls_negotiated_version=0x303))
    assert len(with_length("EVP_PKEY_decrypt", (decrypter,), (b"\x01" * 256, 256))) == 48
    free("EVP_PKEY_CTX", decrypter)


def secret(key, peer, ready=None):
    """The agreed secret."""
    deriver = ready or context(key)
    if not ready:
        ok("EVP_PKEY_derive_init", deriver)
    ok("EVP_PKEY_derive_set_peer", deriver, peer)
    value = with_length("EVP_PKEY_derive", deriver)
    if not ready:
        free("EVP_PKEY_CTX", deriver)
    return value


def agreement(key, public):
    software, peer = read("PEM_read_bio_PrivateKey", "peer.pem"), public_of("peer")
    assert secret(key, peer) == secret(software, public)
    deriver = context(key)
    ok("EVP_PKEY_derive_init", deriver)
    names_in(pointer("EVP_PKEY_CTX_settable_params", deriver))
    names_in(pointer("EVP_PKEY_CTX_gettable_params", deriver))
    ok("EVP_PKEY_CTX_set_params", deriver, params(kdf_type="X963KDF", kdf_digest="SHA256", kdf_outlen=20, kdf_ukm=b"ukm"))
    ok("EVP_PKEY_CTX_get_params", deriver, asked((b"kdf-type", TEXT), (b"kdf-digest", TEXT)))
    copy = pointer("EVP_PKEY_CTX_dup", deriver)
    derived = {secret(key, peer, ready=one) for one in (deriver, copy)}
    free("EVP_PKEY_CTX", deriver, copy)
    deriver = context(software)
    ok("EVP_PKEY_derive_init", deriver)
    ok("EVP_PKEY_CTX_set_params", deriver, params(kdf_type="X963KDF", kdf_digest="SHA256", kdf_outlen=20, kdf_ukm=b"ukm"))
    assert derived == {secret(software, public, ready=deriver)}
    free("EVP_PKEY_CTX", deriver)
    free("EVP_PKEY", software, peer)


def comparison(kind, key, public):
    again = key_of(kind)
    for one, other in ((public, key), (key, public), (key, again)):
        ok("EVP_PKEY_eq", one, other)
    if kind == "ec":
        ok("EVP_PKEY_parameters_eq", key, again)
        ok("EVP_PKEY_parameters_eq", public, key)
    copy = pointer("EVP_PKEY_dup", key)
    ok("EVP_PKEY_eq", copy, again)
    if kind == "ec":
        blank = pointer("EVP_PKEY_new")
        ok("EVP_PKEY_copy_parameters", blank, key)
        point = asked((b"pub", BYTES))
        ok("EVP_PKEY_get_params", public, point)
        ok("EVP_PKEY_set1_encoded_public_key", blank, point.kept[0].raw[: point[0].answered], point[0].answered)
        ok("EVP_PKEY_eq", blank, again)
        names_in(pointer("EVP_PKEY_settable_params", key))
        free("EVP_PKEY", blank)
    certificate = read("PEM_read_bio_X509", f"{kind}.crt")
    ok("X509_check_private_key", certificate, key)
    free("X509", certificate)
    free("EVP_PKEY", again, copy)


def numbers(kind, key):
    ok("EVP_PKEY_get_bits", key)
    ok("EVP_PKEY_get_size", key)
    ok("EVP_PKEY_can_sign", key)
    names_in(pointer("EVP_PKEY_gettable_params", key))
    wanted = [b"group", b"pub"] if kind == "ec" else [b"n", b"e"]
    answers = asked(*[(name, {b"group": TEXT, b"pub": BYTES}.get(name, UNSIGNED)) for name in wanted])
    ok("EVP_PKEY_get_params", key, answers)
    assert all(param.answered != SIZE_MAX for param in answers[:2])


def files(key):
    for selection, output, structure in (
        (ALL, b"PEM", b"PrivateKeyInfo"),
        (ALL, b"DER", b"PrivateKeyInfo"),
        (PUBLIC | PARAMETERS, b"PEM", b"SubjectPublicKeyInfo"),
        (PUBLIC | PARAMETERS, b"DER", b"SubjectPublicKeyInfo"),
        (ALL, b"TEXT", None),
    ):
        encoder = pointer("OSSL_ENCODER_CTX_new_for_pkey", key, selection, output, structure, None)
        data, length = c_void_p(), c_size_t(0)
        ok("OSSL_ENCODER_to_data", encoder, byref(data), byref(length))
        assert length.value > 60
        free("OSSL_ENCODER_CTX", encoder)
        if (output, structure) == (b"DER", b"PrivateKeyInfo"):
            source = pointer("BIO_new_mem_buf", data, length.value)
            free("EVP_PKEY", pointer("d2i_PrivateKey_bio", source, None))
            free("BIO", source)
        raw("CRYPTO_free", data, None, 0, result=None)


def generation(kind):
    name, settings = {
        "rsa": (b"RSA", params(bits=2048)),
        "pss": (b"RSA-PSS", params(bits=2048)),
        "ec": (b"EC", params(group="P-256")),
    }[kind]
    maker = pointer("EVP_PKEY_CTX_new_from_name", None, name, b"provider=tpm2")
    ok("EVP_PKEY_keygen_init", maker)
    names_in(pointer("EVP_PKEY_CTX_settable_params", maker))
    ok("EVP_PKEY_CTX_set_params", maker, settings)
    made = c_void_p()
    ok("EVP_PKEY_generate", maker, byref(made))
    assert provider_of(made) == "tpm2"
    names_in(pointer("EVP_PKEY_fromdata_settable", maker, ALL))
    free("EVP_PKEY_CTX", maker)
    # Another one like it, and for EC keys one from parameters alone.
    templates = [made]
    if kind == "ec":
        maker = pointer("EVP_PKEY_CTX_new_from_name", None, name, b"provider=tpm2")
        ok("EVP_PKEY_paramgen_init", maker)
        ok("EVP_PKEY_CTX_set_params", maker, params(group="P-384"))
        parameters = c_void_p()
        ok("EVP_PKEY_paramgen", maker, byref(parameters))
        free("EVP_PKEY_CTX", maker)
        templates.append(parameters)
        blank = pointer("EVP_PKEY_new")
        ok("EVP_PKEY_copy_parameters", blank, made)
        templates.append(blank)
    for template, bits in zip(templates, (2048 if kind != "ec" else 256, 384, 256)):
        maker = context(template)
        ok("EVP_PKEY_keygen_init", maker)
        another = c_void_p()
        ok("EVP_PKEY_generate", maker, byref(another))
        assert raw("EVP_PKEY_get_bits", another) == bits
        free("EVP_PKEY_CTX", maker)
        free("EVP_PKEY", another)
    free("EVP_PKEY", *templates)


def persistent():
    for expect in (4, 5):
        store = pointer("OSSL_STORE_open", b"handle:0x81000010", None, None, None, None)
        # OSSL_STORE_INFO_PKEY and OSSL_STORE_INFO_CERT
        ok("OSSL_STORE_expect", store, expect)
        found = 0
        while not raw("OSSL_STORE_eof", store):
            info = raw("OSSL_STORE_load", store, result=c_void_p)
            if info:
                found += 1
                assert provider_of(raw("OSSL_STORE_INFO_get0_PKEY", info, result=c_void_p)) == "tpm2"
                free("OSSL_STORE_INFO", info)
        assert not errors()
        assert found == (expect == 4)
        ok("OSSL_STORE_close", store)


class Algorithm(Structure):
    _fields_ = [("names", c_char_p), ("properties", c_char_p), ("functions", c_void_p), ("description", c_char_p)]


class Dispatch(Structure):
    _fields_ = [("id", c_int), ("function", c_void_p)]


def uncalled_by_libcrypto():
    """Functions that providers have, and no libcrypto calls yet."""
    provider = pointer("OSSL_PROVIDER_load", None, b"tpm2")
    no_cache = c_int(7)
    # OSSL_OP_STORE: settable_ctx_params
    at = ctypes.cast(pointer("OSSL_PROVIDER_query_operation", provider, 22, byref(no_cache)), POINTER(Algorithm))
    assert no_cache.value == 0
    table, number = ctypes.cast(at[0].functions, POINTER(Dispatch)), 0
    while table[number].id:
        if table[number].id == 3:
            assert names_in(CFUNCTYPE(c_void_p, c_void_p)(table[number].function)(None)) == [b"expect"]
        number += 1
    names_in(pointer("OSSL_PROVIDER_gettable_params", provider))
    answers = asked((b"status", INTEGER))
    ok("OSSL_PROVIDER_get_params", provider, answers)
    assert answers.kept[0].raw[0] == 1
    ok("OSSL_PROVIDER_unload", provider)


def everything():
    for kind in ("rsa", "pss", "ec"):
        key, public = key_of(kind), public_of(kind)
        assert provider_of(key) == "tpm2"
        comparison(kind, key, public)
        numbers(kind, key)
        signatures(key, public, {"rsa": "pkcs1", "pss": "pss", "ec": None}[kind])
        if kind == "rsa":
            signatures(key, public, "pss")
            decryption(key, public)
        if kind == "ec":
            agreement(key, public)
        files(key)
        generation(kind)
        free("EVP_PKEY", key, public)
    persistent()
    uncalled_by_libcrypto()
    # It tears down what is loaded.
    raw("OPENSSL_cleanup", result=None)


def agreements():
    """Peers come in every order that OpenSSL allows."""
    key, public = key_of("ec"), public_of("ec")
    software, peer = read("PEM_read_bio_PrivateKey", "peer.pem"), public_of("peer")
    expected = secret(software, public)

    def begun():
        deriver = context(key)
        ok("EVP_PKEY_derive_init", deriver)
        return deriver

    def agrees(deriver, with_whom=None, what=expected):
        # A new object each time: OpenSSL keeps what it has imported of one.
        assert secret(key, with_whom or public_of("peer"), ready=deriver) == what

    def second_peer_in_one_context():
        one = begun()
        agrees(one)
        other = pointer("EVP_PKEY_Q_keygen", None, b"provider=default", b"EC", b"P-256")
        agrees(one, other, secret(other, public))
        agrees(one)

    def interleaved():
        one, other = begun(), begun()
        for deriver in (one, other, one):
            ok("EVP_PKEY_derive_set_peer", deriver, public_of("peer"))
        for deriver in (one, other, one):
            assert with_length("EVP_PKEY_derive", deriver) == expected

    def another_is_freed():
        one, other = begun(), begun()
        free("EVP_PKEY_CTX", other)
        agrees(one)

    def copied():
        one = begun()
        copy = pointer("EVP_PKEY_CTX_dup", one)
        free("EVP_PKEY_CTX", one)
        agrees(copy)
        again = pointer("EVP_PKEY_CTX_dup", copy)
        agrees(again)

    def in_another_thread():
        one, failed = begun(), []

        def run():
            try:
                agrees(one)
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        assert not failed, failed

    def peer_with_its_private_half():
        agrees(begun(), software)

    def begun_again():
        one = begun()
        agrees(one)
        ok("EVP_PKEY_derive_init", one)
        agrees(one)

    def peers_of_our_own():
        own = key_of("ec2")
        assert secret(key, own) == secret(own, key)

    def on_another_curve():
        other = pointer("EVP_PKEY_Q_keygen", None, b"provider=default", b"EC", b"P-384")
        one = begun()
        fails("EVP_PKEY_derive_set_peer", one, other)
        agrees(one)

    def foreign_keys_meanwhile():
        one = begun()
        for checker in (public_of("peer"), software):
            digester, pctx = pointer("EVP_MD_CTX_new"), c_void_p()
            ok("EVP_DigestVerifyInit", digester, byref(pctx), sha256(), None, checker)
            provider = raw("EVP_PKEY_CTX_get0_provider", pctx, result=c_void_p)
            assert raw("OSSL_PROVIDER_get0_name", provider, result=c_char_p) == b"default"
        point = asked((b"pub", BYTES))
        ok("EVP_PKEY_get_params", peer, point)
        maker = pointer("EVP_PKEY_CTX_new_from_name", None, b"EC", None)
        ok("EVP_PKEY_fromdata_init", maker)
        made = c_void_p()
        values = params(group="prime256v1", pub=point.kept[0].raw[: point[0].answered])
        raw("EVP_PKEY_fromdata", maker, byref(made), PUBLIC | PARAMETERS, values)
        errors()
        assert not made or provider_of(made) == "default"
        ok("EVP_PKEY_eq", peer, software)
        assert raw("EVP_PKEY_eq", peer, key) == 0
        errors()
        agrees(one)

    for sequence in (
        second_peer_in_one_context,
        interleaved,
        another_is_freed,
        copied,
        in_another_thread,
        peer_with_its_private_half,
        begun_again,
        peers_of_our_own,
        on_another_curve,
        foreign_keys_meanwhile,
    ):
        try:
            sequence()
        except AssertionError as error:
            errors()
            print(f"{sequence.__name__}: {error}")


@CFUNCTYPE(c_int, c_void_p, c_void_p)
def take(values, argument):
    return 1


def made_of(key):
    """Everything that a key can be made into, with every selection: what each attempt was, its success, its errors."""
    outputs = [
        (output, structure)
        for output in (b"PEM", b"DER", b"TEXT", b"BLOB", b"MSBLOB", b"PVK")
        for structure in (None, b"PrivateKeyInfo", b"EncryptedPrivateKeyInfo", b"SubjectPublicKeyInfo", b"type-specific")
    ]

    def attempt(how, name, *arguments, result=c_int):
        value, said = call(name, *arguments, result=result)
        return name, how, bool(value) and (result is not c_int or value > 0), said

    def written(how, name, *arguments):
        memory = pointer("BIO_new", raw("BIO_s_mem", result=c_void_p))
        attempted = attempt(how, name, memory, *arguments)
        free("BIO", memory)
        return attempted

    for bits in range(16):
        selection = bits & 7 | (bits & 8) << 4
        yield attempt([selection], "EVP_PKEY_export", key, selection, take, None)
        values = c_void_p()
        yield attempt([selection], "EVP_PKEY_todata", key, selection, byref(values))
        raw("OSSL_PARAM_free", values, result=None)
        for output, structure in outputs:
            encoder = call("OSSL_ENCODER_CTX_new_for_pkey", key, selection, output, structure, None, result=c_void_p)[0]
            if encoder:
                data, length = c_void_p(), c_size_t(0)
                yield attempt([selection, output, structure], "OSSL_ENCODER_to_data", encoder, byref(data), byref(length))
                free("OSSL_ENCODER_CTX", encoder)
                raw("CRYPTO_free", data, None, 0, result=None)
    for half in ("private", "public", "params"):
        yield written([], f"EVP_PKEY_print_{half}", key, 0, None)
    for writer in ("PEM_write_bio_PUBKEY", "i2d_PUBKEY_bio", "i2d_PrivateKey_bio", "PEM_write_bio_Parameters"):
        yield written([], writer, key)
    for kind in ("RSA", "EC_KEY"):
        value, said = call(f"EVP_PKEY_get1_{kind}", key, result=c_void_p)
        if value:
            free(kind, value)
        yield f"EVP_PKEY_get1_{kind}", [], bool(value), said


def selections():
    """Each attempt with a key of the TPM works or says why not, unless it fails silently with a software key as well."""
    worked = 0
    for kind, name, settings in (
        ("rsa", b"RSA", params(bits=2048)),
        ("pss", b"RSA-PSS", params(bits=2048)),
        ("ec", b"EC", params(group="P-256")),
    ):
        maker = pointer("EVP_PKEY_CTX_new_from_name", None, name, b"provider=default")
        ok("EVP_PKEY_keygen_init", maker)
        ok("EVP_PKEY_CTX_set_params", maker, settings)
        software = c_void_p()
        ok("EVP_PKEY_generate", maker, byref(software))
        pairs = {"key": [key_of(kind), software]}
        # Of RSA keys there are none.
        if kind == "ec":
            pairs["parameters"] = [pointer("EVP_PKEY_new") for _ in "ab"]
            for copy, key in zip(pairs["parameters"], pairs["key"]):
                ok("EVP_PKEY_copy_parameters", copy, key)
        else:
            fails("EVP_PKEY_copy_parameters", pointer("EVP_PKEY_new"), pairs["key"][0])
        for what, pair in pairs.items():
            for (name, how, good, said), (_, _, is_possible, reference) in zip(*map(made_of, pair)):
                worked += good
                # OpenSSL tries to export the private half on its way to what works, so that refusal has to be silent.
                may_be_silent = how and how[0] & PRIVATE or not is_possible and not reference
                # The default provider's encoder takes no point without its curve from us, and says nothing.
                may_be_silent |= kind == "ec" and how[1:] == [b"BLOB", None] and not how[0] & DOMAIN
                if said if good else not said and not may_be_silent:
                    print(f"{kind} {what}: {name} {how}: {good}, {said}, software: {is_possible}, {reference}")
    print(worked, "worked")


def lengths():
    """Callers may announce more room than there can be."""
    for kind in ("rsa", "pss", "ec"):
        key, public = key_of(kind), public_of(kind)
        signer = context(key)
        ok("EVP_PKEY_sign_init", signer)
        with_length("EVP_PKEY_sign", (signer,), (DIGEST, 32), room=SIZE_MAX)
        digester = pointer("EVP_MD_CTX_new")
        ok("EVP_DigestSignInit", digester, None, sha256(), None, key)
        ok("EVP_DigestUpdate", digester, MESSAGE, len(MESSAGE))
        with_length("EVP_DigestSignFinal", digester, room=SIZE_MAX)
        ok("EVP_DigestSignInit", digester, None, sha256(), None, key)
        fails("EVP_DigestUpdate", digester, MESSAGE, SIZE_MAX)
        fails("EVP_PKEY_verify", signer, DIGEST, SIZE_MAX, DIGEST, 32)
        if kind == "rsa":
            encrypter = context(public)
            ok("EVP_PKEY_encrypt_init", encrypter)
            hidden = with_length("EVP_PKEY_encrypt", (encrypter,), (MESSAGE, len(MESSAGE)))
            decrypter = context(key)
            ok("EVP_PKEY_decrypt_init", decrypter)
            with_length("EVP_PKEY_decrypt", (decrypter,), (hidden, len(hidden)), room=SIZE_MAX)
            place, length = ctypes.create_string_buffer(256), c_size_t(256)
            fails("EVP_PKEY_decrypt", decrypter, place, byref(length), hidden, SIZE_MAX)
        if kind == "ec":
            deriver = context(key)
            ok("EVP_PKEY_derive_init", deriver)
            ok("EVP_PKEY_derive_set_peer", deriver, public_of("peer"))
            with_length("EVP_PKEY_derive", deriver, room=SIZE_MAX)
        # A number with as much room as there is not, and a text that cannot be so long.
        answers = asked((b"bits", INTEGER))
        answers[0].size = SIZE_MAX
        raw("EVP_PKEY_get_params", key, answers)
        errors()
        settings = params(digest="SHA256")
        settings[0].size = SIZE_MAX
        ok("EVP_PKEY_sign_init", signer)
        raw("EVP_PKEY_CTX_set_params", signer, settings)
        errors()


def certificates():
    """A certificate and its key are loaded twice into the same context."""
    libraries.append(ctypes.CDLL(sys.argv[4]))
    for kind in ("rsa", "pss", "ec"):
        settings = pointer("SSL_CTX_new", raw("TLS_method", result=c_void_p))
        for first in ("key", "certificate"):
            for _ in range(2):
                for what in (first, {"key": "certificate", "certificate": "key"}[first]):
                    if what == "key":
                        ok("SSL_CTX_use_PrivateKey_file", settings, f"{kind}.tss".encode(), 1)
                    else:
                        ok("SSL_CTX_use_certificate_chain_file", settings, f"{kind}.crt".encode())
                ok("SSL_CTX_check_private_key", settings)
        free("SSL_CTX", settings)


{
    "everything": everything,
    "agreements": agreements,
    "selections": selections,
    "lengths": lengths,
    "certificates": certificates,
    "tls-secret": lambda: wrong_tls_secret(key_of("rsa")),
}[mode]()
print("done")
