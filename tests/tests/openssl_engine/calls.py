# What programs do with keys of the engine, call by call:
#
#   calls.py LIBCRYPTO QUEUE MODE ENGINE TCTI LIBSSL
#
# in a folder with `rsa` and `ecdh`: `.tss`, `.crt` and `.pub`. Modes: `everything`, `copies`.

mode, engine_file, tcti = sys.argv[3:6]
# EVP_PKEY_eq is a newer name.
EQUAL = "EVP_PKEY_eq" if hasattr(lib, "EVP_PKEY_eq") else "EVP_PKEY_cmp"
DIGEST = bytes(range(32))
MESSAGE = b"to be signed"


def loaded():
    # OPENSSL_INIT_ENGINE_DYNAMIC
    ok("OPENSSL_init_crypto", 0x400, None)
    engine = pointer("ENGINE_by_id", b"dynamic")
    for command, value in ((b"SO_PATH", engine_file.encode()), (b"ID", b"tpm2tss"), (b"LOAD", None)):
        ok("ENGINE_ctrl_cmd_string", engine, command, value, 0)
    ok("ENGINE_ctrl_cmd_string", engine, b"SET_TCTI", tcti.encode(), 0)
    ok("ENGINE_init", engine)
    return engine


def key_of(engine, kind):
    return pointer("ENGINE_load_private_key", engine, f"{kind}.tss".encode(), None, None)


def context(key):
    return pointer("EVP_PKEY_CTX_new", key, None)


def signatures(key, public, *settings):
    sha256 = pointer("EVP_sha256")

    def with_settings(pctx):
        for name, value in settings:
            ok("EVP_PKEY_CTX_ctrl_str", pctx, name, value)

    digester, pctx = pointer("EVP_MD_CTX_new"), c_void_p()
    ok("EVP_DigestSignInit", digester, byref(pctx), sha256, None, key)
    with_settings(pctx)
    ok("EVP_DigestUpdate", digester, MESSAGE, len(MESSAGE))
    signature = with_length("EVP_DigestSignFinal", digester)
    free("EVP_MD_CTX", digester)
    for checker in (public, key):
        digester = pointer("EVP_MD_CTX_new")
        ok("EVP_DigestVerifyInit", digester, byref(pctx), sha256, None, checker)
        with_settings(pctx)
        ok("EVP_DigestUpdate", digester, MESSAGE, len(MESSAGE))
        ok("EVP_DigestVerifyFinal", digester, signature, len(signature))
        free("EVP_MD_CTX", digester)
    signer = context(key)
    ok("EVP_PKEY_sign_init", signer)
    with_settings(signer)
    ok("EVP_PKEY_CTX_ctrl_str", signer, b"digest", b"sha256")
    signature = with_length("EVP_PKEY_sign", (signer,), (DIGEST, 32))
    verifier = context(public)
    ok("EVP_PKEY_verify_init", verifier)
    with_settings(verifier)
    ok("EVP_PKEY_CTX_ctrl_str", verifier, b"digest", b"sha256")
    ok("EVP_PKEY_verify", verifier, signature, len(signature), DIGEST, 32)
    free("EVP_PKEY_CTX", signer, verifier)


def decryption(key, public):
    for padding in (b"pkcs1", b"oaep"):
        encrypter, decrypter = context(public), context(key)
        ok("EVP_PKEY_encrypt_init", encrypter)
        ok("EVP_PKEY_CTX_ctrl_str", encrypter, b"rsa_padding_mode", padding)
        hidden = with_length("EVP_PKEY_encrypt", (encrypter,), (MESSAGE, len(MESSAGE)))
        ok("EVP_PKEY_decrypt_init", decrypter)
        ok("EVP_PKEY_CTX_ctrl_str", decrypter, b"rsa_padding_mode", padding)
        assert with_length("EVP_PKEY_decrypt", (decrypter,), (hidden, len(hidden))) == MESSAGE
        free("EVP_PKEY_CTX", encrypter, decrypter)


def agreement(key, public):
    maker, peer = context(public), c_void_p()
    ok("EVP_PKEY_keygen_init", maker)
    ok("EVP_PKEY_keygen", maker, byref(peer))
    secrets = set()
    for one, other in ((key, peer), (peer, public)):
        deriver = context(one)
        ok("EVP_PKEY_derive_init", deriver)
        ok("EVP_PKEY_derive_set_peer", deriver, other)
        secrets.add(with_length("EVP_PKEY_derive", deriver))
        free("EVP_PKEY_CTX", deriver)
    assert len(secrets) == 1
    free("EVP_PKEY_CTX", maker)
    free("EVP_PKEY", peer)


def everything():
    libraries.append(ctypes.CDLL(sys.argv[6]))
    engine = loaded()
    for kind in ("rsa", "ecdh"):
        key = key_of(engine, kind)
        public = read("PEM_read_bio_PUBKEY", f"{kind}.pub")
        again = pointer("ENGINE_load_public_key", engine, f"{kind}.tss".encode(), None, None)
        for one, other in ((public, key), (key, public), (key, again), (again, key)):
            ok(EQUAL, one, other)
        signatures(key, public)
        if kind == "rsa":
            signatures(key, public, (b"rsa_padding_mode", b"pss"), (b"rsa_pss_saltlen", b"32"))
            decryption(key, public)
        else:
            agreement(key, public)
            held = pointer("EVP_PKEY_get1_EC_KEY", key)
            copy = pointer("EC_KEY_dup", held)
            free("EC_KEY", held, copy)
        certificate = read("PEM_read_bio_X509", f"{kind}.crt")
        ok("X509_check_private_key", certificate, key)
        free("X509", certificate)
        settings = pointer("SSL_CTX_new", raw("TLS_method", result=c_void_p))
        for _ in range(2):
            ok("SSL_CTX_use_PrivateKey", settings, key)
            ok("SSL_CTX_use_certificate_chain_file", settings, f"{kind}.crt".encode())
            ok("SSL_CTX_check_private_key", settings)
        free("SSL_CTX", settings)
        free("EVP_PKEY", key, public, again)
    ok("ENGINE_finish", engine)
    ok("ENGINE_free", engine)
    raw("OPENSSL_cleanup", result=None)


def allocated():
    """Bytes that are allocated (mallinfo2(3))."""

    class Info(Structure):
        _fields_ = [(name, c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

    function = ctypes.CDLL(None).mallinfo2
    function.restype = Info
    return function().uordblks


def copies():
    """A key that is copied over another releases what the other held."""
    engine = loaded()
    copy = pointer("EC_KEY_new")

    def copy_over():
        key = key_of(engine, "ecdh")
        held = pointer("EVP_PKEY_get1_EC_KEY", key)
        pointer("EC_KEY_copy", copy, held)
        free("EC_KEY", held)
        free("EVP_PKEY", key)

    for _ in range(20):
        copy_over()
    before = allocated()
    for _ in range(200):
        copy_over()
    grown = allocated() - before
    # A key has about a thousand bytes.
    assert grown < 50_000, f"{grown} bytes more after 200 copies"
    key = pointer("EVP_PKEY_new")
    ok("EVP_PKEY_set1_EC_KEY", key, copy)
    free("EC_KEY", copy)
    signatures(key, read("PEM_read_bio_PUBKEY", "ecdh.pub"))
    # Over it comes one that is not ours: nothing is left.
    other = pointer("EC_KEY_new_by_curve_name", 415)
    ok("EC_KEY_generate_key", other)
    held = pointer("EVP_PKEY_get1_EC_KEY", key)
    pointer("EC_KEY_copy", held, other)
    free("EC_KEY", held, other)
    free("EVP_PKEY", key)


{"everything": everything, "copies": copies}[mode]()
print("done")
