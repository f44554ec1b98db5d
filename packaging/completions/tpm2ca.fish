# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_tpm2ca_global_optspecs
    string join \n ca= tpm= key-auth= parent-auth= owner-auth= json q/quiet v/verbose h/help V/version
end

function __fish_tpm2ca_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_tpm2ca_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_tpm2ca_using_subcommand
    set -l cmd (__fish_tpm2ca_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -s V -l version -d 'Print version'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "demo" -d 'A whole CA on a software TPM, each step checked, to see what it is like'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "init" -d 'A new CA: root and intermediate, both keys in the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "sign" -d 'Certificates from CSRs, by a profile'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "issue" -d 'A new software key and its certificate in one go'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "revoke" -d 'Revokes a certificate; `crl` publishes it'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "crl" -d 'The list of revoked certificates'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "list" -d 'What was issued'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "show" -d 'One certificate'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "tpm" -d 'About the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "db" -d 'About the records'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l name -d 'The CA\'s name; the certificates are called `NAME Root CA` and `NAME Intermediate CA`' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l alg -d 'Kind of both keys: ecdsa or rsa' -r -f -a "rsa\t'RSA, PKCS#1 v1.5 signatures'
ecdsa\t'ECDSA on a NIST curve'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l keysize -d 'Size of RSA keys: 2048 or 3072, where the TPM can' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l curve -d 'Curve of ECDSA keys: nist_p256 or nist_p384' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l root-days -d 'Days of validity of the root [default: 7300]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l intermediate-days -d 'Days of validity of the intermediate [default: 3650]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l permit-dns -d 'DNS suffix below which alone the intermediate may issue; may be given several times' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l crl-url -d 'Where CRLs will be published; `%` stands for the issuer\'s name' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l profile -d 'The profile: server, client, ocsp, intermediate, or one from the CA\'s `profiles` folder' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l issuer -d 'The issuer [default: the CA\'s default issuer]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l in -d 'The CSR, PEM or DER; `-` for standard input' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l out -d 'Where to put the certificate of one CSR [default: standard output, which `-` also means]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l outdir -d 'Where to put the certificates of many CSRs' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l days -d 'Days of validity [default: the profile\'s]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l startdate -d 'Start of validity: 2026-12-31T23:59:59Z or YYYYMMDDHHMMSSZ' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l enddate -d 'End of validity, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l md -d 'Hash of the signature: sha256, sha384 or sha512 [default: the one that suits the issuer\'s key]' -r -f -a "sha256\t'SHA-256'
sha384\t'SHA-384'
sha512\t'SHA-512'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l subj -d 'The subject in place of the CSR\'s, such as /C=DE/O=Example/CN=host' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l san -d 'DNS name, IP address, email address or URI in place of the CSR\'s; may be given several times' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l chain -d 'Puts the intermediate\'s certificate behind the new one, as servers want it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l force -d 'Writes over existing output files'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l profile -d 'The profile: server, client, ocsp, or one from the CA\'s `profiles` folder' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l issuer -d 'The issuer [default: the CA\'s default issuer]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l key-out -d 'Where to put the new private key, which is not encrypted [default: NAME.key]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l out -d 'Where to put the certificate, `-` for standard output [default: NAME.crt]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l newkey -d 'Kind of the new key: p256, p384, p521, ed25519, rsa2048, rsa3072 or rsa4096' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l days -d 'Days of validity [default: the profile\'s]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l startdate -d 'Start of validity: 2026-12-31T23:59:59Z or YYYYMMDDHHMMSSZ' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l enddate -d 'End of validity, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l chain -d 'Puts the intermediate\'s certificate behind the new one, as servers want it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l reason -d 'keyCompromise, CACompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn, certificateHold, or removeFromCRL to end a hold' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l invalidity-date -d 'Since when the key must be doubted: 2026-12-31T23:59:59Z' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l issuer -d 'The issuer, where several have used the serial number' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l issuer -d 'The issuer [default: the CA\'s default issuer]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l out -d 'Where to put it as well, `-` for standard output; it is always kept in the CA\'s directory' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l outform -d 'Form of `--out`: pem or der' -r -f -a "pem\t'Text'
der\t'Bytes'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l days -d 'Days to the next one [default: crl_days in ca.toml]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l status -d 'Only those that are valid, revoked, expired or reserved (before a crash: they may have been signed)' -r -f -a "valid\t'In force'
revoked\t'Revoked'
expired\t'Past its end'
reserved\t'Reserved before a crash; may have been signed'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l name -d 'Only those whose subject or one of whose names matches, such as \'*.example.com\'' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l expires-within -d 'Only those that expire within this time, such as 30d, 12h or 2w' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l issuer -d 'Only those of this issuer' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l issuer -d 'The issuer, where several have used the serial number' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l pem -d 'The certificate itself, PEM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -f -a "info" -d 'What this TPM is and can do'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from help" -f -a "info" -d 'What this TPM is and can do'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -f -a "check" -d 'Checks the file, the audit chain, and the signature of every certificate'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "check" -d 'Checks the file, the audit chain, and the signature of every certificate'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "demo" -d 'A whole CA on a software TPM, each step checked, to see what it is like'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "init" -d 'A new CA: root and intermediate, both keys in the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "sign" -d 'Certificates from CSRs, by a profile'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "issue" -d 'A new software key and its certificate in one go'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "revoke" -d 'Revokes a certificate; `crl` publishes it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "crl" -d 'The list of revoked certificates'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "list" -d 'What was issued'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "show" -d 'One certificate'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "tpm" -d 'About the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "db" -d 'About the records'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init sign issue revoke crl list show tpm db help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from tpm" -f -a "info" -d 'What this TPM is and can do'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "check" -d 'Checks the file, the audit chain, and the signature of every certificate'
