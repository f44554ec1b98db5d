# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_tpm2ca_global_optspecs
    string join \n ca= tpm= key-auth= parent-auth= owner-auth= approver= json q/quiet v/verbose h/help V/version
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
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -s V -l version -d 'Print version'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "demo" -d 'A whole CA on a software TPM, each step checked, to see what it is like'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "init" -d 'A new CA: root and intermediate, both keys in the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "req" -d 'A certificate request, or a self-signed certificate, as `openssl req` makes them'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "sign" -d 'Certificates from CSRs, by a profile'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "issue" -d 'A new software key and its certificate in one go'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "revoke" -d 'Revokes a certificate; `crl` publishes it'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "crl" -d 'The list of revoked certificates'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "ocsp" -d 'Answers over HTTP whether certificates are revoked, until it is told to end'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "list" -d 'What was issued'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "show" -d 'One certificate'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "genkey" -d 'Makes a key in the TPM; takes every option of tpm2tss-genkey'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "key" -d 'About one key: a file, or a persistent handle'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "doctor" -d 'What is wrong, and what mends it'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "tpm" -d 'About the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "db" -d 'About the records'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "openssl" -d 'The installed openssl with our module loaded; takes command lines for engines too'
complete -c tpm2ca -n "__fish_tpm2ca_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand demo" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
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
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l ask-key-auth -d 'Asks on the terminal, twice, for the authorization value that both keys get; `--key-auth` takes it from elsewhere'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand init" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l key -d 'The key: a file (a TPM\'s key or PKCS#8, told apart by content) or a handle:0x81... in the TPM' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l newkey -d 'Makes a new software key: rsa, rsa:BITS, ec, ec:CURVE or ed25519 [default without --key: RSA with the configuration\'s default_bits]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l keyout -d 'Where to put the new key [default: the configuration\'s default_keyfile]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l passout -d 'Pass phrase of the new key: file:PATH, env:VAR, fd:N, stdin, credential:NAME or pass:VALUE [default: the configuration\'s output_password, else it is asked for]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l config -d 'An openssl.cnf [default: a built-in one, which asks for the usual parts of a subject]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l section -d 'Its section' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l subj -d 'The subject, such as /C=DE/O=Example/CN=host; `+` joins parts, `\\` takes the meaning from `/`, `+` and `=`' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l addext -d 'One more extension, as in the configuration: \'subjectAltName = DNS:a.example\'; may be given several times' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l days -d 'Days of validity of the certificate [default: 30]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l extensions -d 'The section with the certificate\'s extensions [default: the one that x509_extensions names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l reqexts -d 'The section with the request\'s extensions [default: the one that req_extensions names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l set_serial -l set-serial -d 'Serial number of the certificate, decimal or 0x and hexadecimal [default: random]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l md -d 'Hash of the signature: sha256, sha384 or sha512, of which each is an option too [default: default_md of the configuration]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l out -d 'Where to put the request or certificate; what is there is replaced [default: standard output, which `-` also means]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l outform -d 'Its form: pem or der' -r -f -a "pem\t'Text'
der\t'Bytes'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l in -d 'Looks at this request, PEM or DER, and makes none' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l noenc -l nodes -d 'Does not encrypt the new key'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l utf8 -d 'Texts are UTF-8 [default: the configuration\'s utf8]'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l x509 -d 'A self-signed certificate instead of a request'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l sha256
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l sha384
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l sha512
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l batch -d 'Asks nothing: the configuration\'s defaults are the answers'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l strict -d 'Refuses a certificate that a lint finds an error in, instead of warning'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l verify -d 'Verifies the signature of `--in`'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l subject -d 'Writes the subject of `--in`'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l pubkey -d 'Writes the public key of `--in`, PEM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l modulus -d 'Writes the modulus of the RSA key of `--in`'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l noout -d 'Does not write the request of `--in` itself'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l new
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand req" -s h -l help -d 'Print help'
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
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l config -d 'The CA is the one that this openssl.cnf describes: certificates are what `openssl ca` makes of the file' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l name -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l extensions -d 'Section with the extensions [default: x509_extensions of the CA\'s section]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l extfile -d 'Another file with the extensions; its key `extensions` names the section' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l policy -d 'Section with the policy for subjects [default: policy of the CA\'s section]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l keyfile -l key -d 'The CA\'s key: a file, or handle:0x81... [default: `private_key` of the CA\'s section]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l cert -d 'The CA\'s certificate [default: certificate of the CA\'s section]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l spkac -d 'A Netscape SPKAC, which is refused' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l chain -d 'Puts the intermediate\'s certificate behind the new one, as servers want it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l force -d 'Writes over existing output files'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l selfsign -d 'The certificate is its own issuer; the CSR must come from the CA\'s key'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l preserveDN -d 'The subject stays in the order that it has in the CSR'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l noemailDN -d 'Email addresses are taken out of the subject'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l utf8 -d '`--subj` is UTF-8 [default: utf8 of the CA\'s section, else Latin-1]'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l rand_serial -d 'The serial number is random'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l create_serial -d 'A serial file that does not exist begins with a random number'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l batch -d 'Does not ask before it signs'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l notext -d 'Without the certificate as text in front of its PEM block, which is how it is in any case'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand sign" -l strict -d 'Refuses what a profile would not have done, instead of warning of it'
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
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l chain -d 'Puts the intermediate\'s certificate behind the new one, as servers want it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand issue" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l reason -d 'keyCompromise, CACompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn, certificateHold, or removeFromCRL to end a hold' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l invalidity-date -d 'Since when the key must be doubted: 2026-12-31T23:59:59Z' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l issuer -d 'The issuer, where several have used the serial number' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l hold-instruction -d 'What to do with a certificate on hold: holdInstructionCallIssuer, holdInstructionReject or a number' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l config -d 'The CA is the one that this openssl.cnf describes, with its index.txt and its other files' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l section -l name -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand revoke" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l issuer -d 'The issuer [default: the CA\'s default issuer]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l out -d 'Where to put it as well, `-` for standard output; it is always kept in the CA\'s directory' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l outform -d 'Form of `--out`: pem or der' -r -f -a "pem\t'Text'
der\t'Bytes'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l outdir -d 'Where to put it, or all of them where they are divided, under their own names' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l days -d 'Days to the next one [default: crl_days in ca.toml]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l config -d 'The CA is the one that this openssl.cnf describes, with its index.txt and its other files' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l section -l name -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l keyfile -l key -d 'The CA\'s key: a file, or handle:0x81... [default: `private_key` of the CA\'s section]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l cert -d 'The CA\'s certificate [default: certificate of the CA\'s section]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l hours -d 'Hours to the next CRL, added to the days [default for delta CRLs: delta_hours in ca.toml]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l crlexts -d 'Section with the extensions [default: crl_extensions of the CA\'s section]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l lastupdate -d 'When the list is made, in place of now' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l nextupdate -d 'When the next one is due' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l md -d 'Hash of the signature [default: default_md of the CA\'s section]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l shards -d 'Into how many lists it is divided, 0 for one of all certificates [default: crl_shards in ca.toml]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l delta -d 'Only what has changed since the newest complete CRL'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand crl" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l listen -d 'Where to answer over HTTP: 127.0.0.1:8080, [::1]:8080, :8080 (all interfaces) or unix:PATH; may be given several times; the system chooses a port for 0' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l reqin -d 'The request, DER [default: standard input, which `-` also means]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l respout -d 'Where to put the response, DER [default: standard output, which `-` also means]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l issuer -d 'Answer for this issuer; may be given several times [default: all issuers whose keys are here]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l key -d 'Where the key is that signs the answers: memory or tpm. It is new with each responder certificate, which is issued and renewed without being asked for, and is in no file' -r -f -a "memory\t'In the memory of the program'
tpm\t'In the TPM'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l rsigner -d 'A responder certificate that exists, in place of one that is issued now; nobody renews it' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l rkey -d 'Its key file' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l nmin -d 'Minutes for which an answer may be kept [default: 60]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l ndays -d 'The same in days' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l config -d 'The CA is the one that this openssl.cnf describes, with its index.txt and its other files' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l section -l name -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l once -d 'Answers the one request in `--reqin`, and does not listen'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand ocsp" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l status -d 'Only those that are valid, revoked, expired or reserved (before a crash: they may have been signed)' -r -f -a "valid\t'In force'
revoked\t'Revoked'
expired\t'Past its end'
reserved\t'Reserved before a crash; may have been signed'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l name -d 'Only those whose subject or one of whose names matches, such as \'*.example.com\'' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l expires-within -d 'Only those that expire within this time, such as 30d, 12h or 2w' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l issuer -d 'Only those of this issuer' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l config -d 'The CA is the one that this openssl.cnf describes, with its index.txt and its other files' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l section -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand list" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l issuer -d 'The issuer, where several have used the serial number' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l config -d 'The CA is the one that this openssl.cnf describes, with its index.txt and its other files' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l section -l name -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l pem -d 'The certificate itself, PEM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand show" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s a -l alg -d 'Kind of the key: rsa or ecdsa' -r -f -a "rsa\t'RSA'
ecdsa\t'ECDSA on a NIST curve'
sm2\t'SM2, which is refused'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s c -l curve -d 'Curve of an ECDSA key: nist_p256, nist_p384 or nist_p521, where the TPM can [default: nist_p256]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s e -l exponent -d 'Public exponent of an RSA key' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s s -l keysize -d 'Size of an RSA key: 2048, 3072 or 4096, where the TPM can [default: 2048]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s p -l password -d 'Authorization value of the new key, which every user sees in the process list; better with `--key-auth`' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s o -l ownerpw -d 'Authorization value of the owner hierarchy, likewise; better with `--owner-auth`' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s P -l parent -d 'Parent of the new key: a persistent handle such as 0x81000001, or owner, endorsement, platform or null [default: owner]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s W -l parentpw -d 'Authorization value of the parent, likewise; better with `--parent-auth`' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s u -l public -d 'Makes no key, but a key file of this TPM2B_PUBLIC and the TPM2B_PRIVATE of `--private`, as `tpm2_create` writes them; nothing is sent to the TPM' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s r -l private -d 'The TPM2B_PRIVATE for `--public`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s t -l tcti -d 'The TPM, like `--tpm`' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l pcr -d 'Binds the key to what these PCRs hold now, such as sha256:0,7' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l policy -d 'Under which conditions the key can be used; all, if given several times' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l duplicable-to -d 'The key may be moved to the TPM whose parent key this is, and to no other: its Name, or the file with its public area (`tpm2ca key public --parent` there)' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l importable -d 'Makes the key in software and wraps it for a TPM, into a file that is imported whenever it is used: for this TPM, or with =FILE for the one whose parent key has this public area (`tpm2ca key public --parent` there)' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l description -d 'Text about the key for people, kept in the file' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l force -d 'Writes over an existing file'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand genkey" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "show" -d 'What a key is, what guards it, and whether there can be copies of it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "public" -d 'The public half of a key, or of the parent that others wrap keys for'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "sign" -d 'A raw signature over a file, as `openssl dgst -sign` makes it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "import" -d 'Brings a software key into the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "persist" -d 'Puts a key into the TPM for good, at a persistent handle'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "evict" -d 'Removes a key from a persistent handle'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "passwd" -d 'Changes the authorization value of a key'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "duplicate" -d 'Wraps a key for another TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "receive" -d 'Takes in a key that was wrapped for this TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "policy" -d 'Signed policies of a key'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and not __fish_seen_subcommand_from show public sign import persist evict passwd duplicate receive policy help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l out -d 'Where to put it, `-` for standard output [default: standard output]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l outform -d 'Form: pem or der' -r -f -a "pem\t'Text'
der\t'Bytes'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l tpm2b -d 'The public area as the TPM has it (TPM2B_PUBLIC) instead'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l parent -d 'The public area of this TPM\'s storage root key, for which other TPMs duplicate keys'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l force -d 'Writes over an existing file'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from public" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l key -d 'Key file, or handle:0x81...' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l md -d 'Hash: sha256, sha384 or sha512 [default: the one that suits the key]' -r -f -a "sha256\t'SHA-256'
sha384\t'SHA-384'
sha512\t'SHA-512'"
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l in -d 'What to sign, `-` for standard input' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l out -d 'Where to put the signature, `-` for standard output [default: standard output]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l force -d 'Writes over an existing file'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from sign" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l in -d 'The software key, PEM: PKCS#8, PKCS#1 or SEC1, plain or encrypted' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l passin -d 'Pass phrase of the software key, likewise as `--key-auth`; asked on the terminal where it is needed' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l out -d 'Where to put the key file' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -s P -l parent -d 'Parent: a persistent handle such as 0x81000001, or owner, endorsement, platform or null [default: owner]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l for -d 'Wraps the key for another TPM, given the public area of its parent (`tpm2ca key public --parent` there); needs no TPM here' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l pcr -d 'Binds the key to what these PCRs hold now, such as sha256:0,7' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l policy -d 'Under which conditions the key can be used; all, if given several times' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l duplicable-to -d 'The key may be moved to the TPM whose parent key this is, and to no other: its Name, or the file with its public area (`tpm2ca key public --parent` there)' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l description -d 'Text about the key for people, kept in the file' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l force -d 'Writes over an existing file'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -l handle -d 'Where to put it [default: the first free one from 0x81000100 on]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -l storage-root -d 'Puts the parent of all keys there, at 0x81000001, so that it need not be made whenever a key is loaded'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from persist" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -l key -d 'The file of the key that is there: it can be loaded from it ever after' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -l force -d 'Removes whatever is there. A key without a file is gone for ever'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from evict" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -l new-key-auth -d 'The new authorization value, likewise as `--key-auth`, which is the present one; asked on the terminal where it is not given' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -l remove -d 'The key shall have none'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from passwd" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l to -d 'Public area of the other TPM\'s parent key (`tpm2ca key public --parent` there)' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l out -d 'Where to put the wrapped key' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l force -d 'Writes over an existing file'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from duplicate" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -l out -d 'Where to put the key file' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -s P -l parent -d 'Its parent here, where that is not the one that the file names: a persistent handle such as 0x81000001' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -l force -d 'Writes over an existing file'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from receive" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -f -a "sign" -d 'Signs a policy for a key that was made with `--policy authorize:KEY`, and puts it into the key\'s file'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -f -a "remove" -d 'Takes a signed policy out of a key\'s file'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from policy" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "show" -d 'What a key is, what guards it, and whether there can be copies of it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "public" -d 'The public half of a key, or of the parent that others wrap keys for'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "sign" -d 'A raw signature over a file, as `openssl dgst -sign` makes it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "import" -d 'Brings a software key into the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "persist" -d 'Puts a key into the TPM for good, at a persistent handle'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "evict" -d 'Removes a key from a persistent handle'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "passwd" -d 'Changes the authorization value of a key'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "duplicate" -d 'Wraps a key for another TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "receive" -d 'Takes in a key that was wrapped for this TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "policy" -d 'Signed policies of a key'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and not __fish_seen_subcommand_from info help" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
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
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from help" -f -a "info" -d 'What this TPM is and can do'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand tpm; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -f -a "check" -d 'Checks the file, the audit chain, and the signature of every certificate'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -f -a "import-openssl" -d 'Takes over the index.txt of `openssl ca`: makes the records beside it, or, with `--ca DIR`, an issuer of that CA directory'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -f -a "export-openssl" -d 'Writes index.txt, serial, crlnumber and newcerts for `openssl ca`'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -f -a "updatedb" -d 'Marks expired certificates in index.txt, as `openssl ca -updatedb` does'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and not __fish_seen_subcommand_from check import-openssl export-openssl updatedb help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l audit-head -d 'A head of the audit log that was noted earlier, as this command prints it: nothing up to it may have been changed or cut off' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l config -d 'The CA is the one that this openssl.cnf describes, with its index.txt and its other files' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l section -l name -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l config -d 'The openssl.cnf that describes the CA' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l section -l name -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l issuer -d 'What the issuer is called in the CA directory that `--ca` names [default: root or intermediate]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from import-openssl" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l outdir -d 'The folder to write into; it is made if it is not there' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l issuer -d 'The issuer [default: the CA\'s default issuer]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l config -d 'The CA is the one that this openssl.cnf describes, with its index.txt and its other files' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l section -l name -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from export-openssl" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -l config -d 'The openssl.cnf that describes the CA' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -l section -l name -d 'The CA\'s section of the file [default: the one that default_ca in [ca] names]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from updatedb" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "check" -d 'Checks the file, the audit chain, and the signature of every certificate'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "import-openssl" -d 'Takes over the index.txt of `openssl ca`: makes the records beside it, or, with `--ca DIR`, an issuer of that CA directory'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "export-openssl" -d 'Writes index.txt, serial, crlnumber and newcerts for `openssl ca`'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "updatedb" -d 'Marks expired certificates in index.txt, as `openssl ca -updatedb` does'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -l openssl -d 'The program to run [default: $TPM2CA_OPENSSL, else the first `openssl` in $PATH]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -l ca -d 'The CA\'s directory [default: $TPM2CA_DIR, else /var/lib/tpm2ca if it exists and is writable, else $XDG_DATA_HOME/tpm2ca, else ~/.local/share/tpm2ca]' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -l tpm -d 'The TPM: device:/dev/tpmrm0, swtpm:host=H,port=P, swtpm:path=SOCKET, mssim:host=H,port=P or libtpms:DIR (a software TPM inside the program, for trials) [default: the first that is set of $TPM2CA_TCTI, $TPM2OPENSSL_TCTI, $TPM2TSSENGINE_TCTI and $TPM2TOOLS_TCTI, else the TPM the CA\'s keys were made in, else /dev/tpmrm0]' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -l key-auth -d 'Authorization value of the key: file:PATH, env:VAR, fd:N, stdin, credential:NAME (of systemd) or pass:VALUE (which every user sees in the process list); a key that needs one and was given none asks on the terminal' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -l parent-auth -d 'Authorization value of a parent key, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -l owner-auth -d 'Authorization value of the TPM\'s owner hierarchy, likewise' -r
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -l approver -d 'Private key (PEM) that approves every use of keys with a policy `signed:KEY`' -r -F
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -l print-config -d 'Prints the lines of an openssl.cnf with which every program loads our module, and runs nothing'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -l json -d 'Records and errors as JSON on stdout, one object a line'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -s q -l quiet -d 'Says nothing but what was asked for, warnings about what was done, and errors'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -s v -l verbose -d 'Says more on stderr'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand openssl" -s h -l help -d 'Print help'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "demo" -d 'A whole CA on a software TPM, each step checked, to see what it is like'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "init" -d 'A new CA: root and intermediate, both keys in the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "req" -d 'A certificate request, or a self-signed certificate, as `openssl req` makes them'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "sign" -d 'Certificates from CSRs, by a profile'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "issue" -d 'A new software key and its certificate in one go'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "revoke" -d 'Revokes a certificate; `crl` publishes it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "crl" -d 'The list of revoked certificates'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "ocsp" -d 'Answers over HTTP whether certificates are revoked, until it is told to end'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "list" -d 'What was issued'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "show" -d 'One certificate'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "genkey" -d 'Makes a key in the TPM; takes every option of tpm2tss-genkey'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "key" -d 'About one key: a file, or a persistent handle'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "doctor" -d 'What is wrong, and what mends it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "tpm" -d 'About the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "db" -d 'About the records'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "openssl" -d 'The installed openssl with our module loaded; takes command lines for engines too'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and not __fish_seen_subcommand_from demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "show" -d 'What a key is, what guards it, and whether there can be copies of it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "public" -d 'The public half of a key, or of the parent that others wrap keys for'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "sign" -d 'A raw signature over a file, as `openssl dgst -sign` makes it'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "import" -d 'Brings a software key into the TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "persist" -d 'Puts a key into the TPM for good, at a persistent handle'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "evict" -d 'Removes a key from a persistent handle'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "passwd" -d 'Changes the authorization value of a key'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "duplicate" -d 'Wraps a key for another TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "receive" -d 'Takes in a key that was wrapped for this TPM'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "policy" -d 'Signed policies of a key'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from tpm" -f -a "info" -d 'What this TPM is and can do'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "check" -d 'Checks the file, the audit chain, and the signature of every certificate'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "import-openssl" -d 'Takes over the index.txt of `openssl ca`: makes the records beside it, or, with `--ca DIR`, an issuer of that CA directory'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "export-openssl" -d 'Writes index.txt, serial, crlnumber and newcerts for `openssl ca`'
complete -c tpm2ca -n "__fish_tpm2ca_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "updatedb" -d 'Marks expired certificates in index.txt, as `openssl ca -updatedb` does'
