_tpm2ca() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="tpm2ca"
                ;;
            tpm2ca,crl)
                cmd="tpm2ca__subcmd__crl"
                ;;
            tpm2ca,db)
                cmd="tpm2ca__subcmd__db"
                ;;
            tpm2ca,demo)
                cmd="tpm2ca__subcmd__demo"
                ;;
            tpm2ca,doctor)
                cmd="tpm2ca__subcmd__doctor"
                ;;
            tpm2ca,genkey)
                cmd="tpm2ca__subcmd__genkey"
                ;;
            tpm2ca,help)
                cmd="tpm2ca__subcmd__help"
                ;;
            tpm2ca,init)
                cmd="tpm2ca__subcmd__init"
                ;;
            tpm2ca,issue)
                cmd="tpm2ca__subcmd__issue"
                ;;
            tpm2ca,key)
                cmd="tpm2ca__subcmd__key"
                ;;
            tpm2ca,list)
                cmd="tpm2ca__subcmd__list"
                ;;
            tpm2ca,ocsp)
                cmd="tpm2ca__subcmd__ocsp"
                ;;
            tpm2ca,openssl)
                cmd="tpm2ca__subcmd__openssl"
                ;;
            tpm2ca,req)
                cmd="tpm2ca__subcmd__req"
                ;;
            tpm2ca,revoke)
                cmd="tpm2ca__subcmd__revoke"
                ;;
            tpm2ca,show)
                cmd="tpm2ca__subcmd__show"
                ;;
            tpm2ca,sign)
                cmd="tpm2ca__subcmd__sign"
                ;;
            tpm2ca,tpm)
                cmd="tpm2ca__subcmd__tpm"
                ;;
            tpm2ca__subcmd__db,check)
                cmd="tpm2ca__subcmd__db__subcmd__check"
                ;;
            tpm2ca__subcmd__db,export-openssl)
                cmd="tpm2ca__subcmd__db__subcmd__export__subcmd__openssl"
                ;;
            tpm2ca__subcmd__db,help)
                cmd="tpm2ca__subcmd__db__subcmd__help"
                ;;
            tpm2ca__subcmd__db,import-openssl)
                cmd="tpm2ca__subcmd__db__subcmd__import__subcmd__openssl"
                ;;
            tpm2ca__subcmd__db,updatedb)
                cmd="tpm2ca__subcmd__db__subcmd__updatedb"
                ;;
            tpm2ca__subcmd__db__subcmd__help,check)
                cmd="tpm2ca__subcmd__db__subcmd__help__subcmd__check"
                ;;
            tpm2ca__subcmd__db__subcmd__help,export-openssl)
                cmd="tpm2ca__subcmd__db__subcmd__help__subcmd__export__subcmd__openssl"
                ;;
            tpm2ca__subcmd__db__subcmd__help,help)
                cmd="tpm2ca__subcmd__db__subcmd__help__subcmd__help"
                ;;
            tpm2ca__subcmd__db__subcmd__help,import-openssl)
                cmd="tpm2ca__subcmd__db__subcmd__help__subcmd__import__subcmd__openssl"
                ;;
            tpm2ca__subcmd__db__subcmd__help,updatedb)
                cmd="tpm2ca__subcmd__db__subcmd__help__subcmd__updatedb"
                ;;
            tpm2ca__subcmd__help,crl)
                cmd="tpm2ca__subcmd__help__subcmd__crl"
                ;;
            tpm2ca__subcmd__help,db)
                cmd="tpm2ca__subcmd__help__subcmd__db"
                ;;
            tpm2ca__subcmd__help,demo)
                cmd="tpm2ca__subcmd__help__subcmd__demo"
                ;;
            tpm2ca__subcmd__help,doctor)
                cmd="tpm2ca__subcmd__help__subcmd__doctor"
                ;;
            tpm2ca__subcmd__help,genkey)
                cmd="tpm2ca__subcmd__help__subcmd__genkey"
                ;;
            tpm2ca__subcmd__help,help)
                cmd="tpm2ca__subcmd__help__subcmd__help"
                ;;
            tpm2ca__subcmd__help,init)
                cmd="tpm2ca__subcmd__help__subcmd__init"
                ;;
            tpm2ca__subcmd__help,issue)
                cmd="tpm2ca__subcmd__help__subcmd__issue"
                ;;
            tpm2ca__subcmd__help,key)
                cmd="tpm2ca__subcmd__help__subcmd__key"
                ;;
            tpm2ca__subcmd__help,list)
                cmd="tpm2ca__subcmd__help__subcmd__list"
                ;;
            tpm2ca__subcmd__help,ocsp)
                cmd="tpm2ca__subcmd__help__subcmd__ocsp"
                ;;
            tpm2ca__subcmd__help,openssl)
                cmd="tpm2ca__subcmd__help__subcmd__openssl"
                ;;
            tpm2ca__subcmd__help,req)
                cmd="tpm2ca__subcmd__help__subcmd__req"
                ;;
            tpm2ca__subcmd__help,revoke)
                cmd="tpm2ca__subcmd__help__subcmd__revoke"
                ;;
            tpm2ca__subcmd__help,show)
                cmd="tpm2ca__subcmd__help__subcmd__show"
                ;;
            tpm2ca__subcmd__help,sign)
                cmd="tpm2ca__subcmd__help__subcmd__sign"
                ;;
            tpm2ca__subcmd__help,tpm)
                cmd="tpm2ca__subcmd__help__subcmd__tpm"
                ;;
            tpm2ca__subcmd__help__subcmd__db,check)
                cmd="tpm2ca__subcmd__help__subcmd__db__subcmd__check"
                ;;
            tpm2ca__subcmd__help__subcmd__db,export-openssl)
                cmd="tpm2ca__subcmd__help__subcmd__db__subcmd__export__subcmd__openssl"
                ;;
            tpm2ca__subcmd__help__subcmd__db,import-openssl)
                cmd="tpm2ca__subcmd__help__subcmd__db__subcmd__import__subcmd__openssl"
                ;;
            tpm2ca__subcmd__help__subcmd__db,updatedb)
                cmd="tpm2ca__subcmd__help__subcmd__db__subcmd__updatedb"
                ;;
            tpm2ca__subcmd__help__subcmd__key,duplicate)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__duplicate"
                ;;
            tpm2ca__subcmd__help__subcmd__key,evict)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__evict"
                ;;
            tpm2ca__subcmd__help__subcmd__key,import)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__import"
                ;;
            tpm2ca__subcmd__help__subcmd__key,passwd)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__passwd"
                ;;
            tpm2ca__subcmd__help__subcmd__key,persist)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__persist"
                ;;
            tpm2ca__subcmd__help__subcmd__key,policy)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__policy"
                ;;
            tpm2ca__subcmd__help__subcmd__key,public)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__public"
                ;;
            tpm2ca__subcmd__help__subcmd__key,receive)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__receive"
                ;;
            tpm2ca__subcmd__help__subcmd__key,show)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__show"
                ;;
            tpm2ca__subcmd__help__subcmd__key,sign)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__sign"
                ;;
            tpm2ca__subcmd__help__subcmd__key__subcmd__policy,remove)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__policy__subcmd__remove"
                ;;
            tpm2ca__subcmd__help__subcmd__key__subcmd__policy,sign)
                cmd="tpm2ca__subcmd__help__subcmd__key__subcmd__policy__subcmd__sign"
                ;;
            tpm2ca__subcmd__help__subcmd__tpm,info)
                cmd="tpm2ca__subcmd__help__subcmd__tpm__subcmd__info"
                ;;
            tpm2ca__subcmd__key,duplicate)
                cmd="tpm2ca__subcmd__key__subcmd__duplicate"
                ;;
            tpm2ca__subcmd__key,evict)
                cmd="tpm2ca__subcmd__key__subcmd__evict"
                ;;
            tpm2ca__subcmd__key,help)
                cmd="tpm2ca__subcmd__key__subcmd__help"
                ;;
            tpm2ca__subcmd__key,import)
                cmd="tpm2ca__subcmd__key__subcmd__import"
                ;;
            tpm2ca__subcmd__key,passwd)
                cmd="tpm2ca__subcmd__key__subcmd__passwd"
                ;;
            tpm2ca__subcmd__key,persist)
                cmd="tpm2ca__subcmd__key__subcmd__persist"
                ;;
            tpm2ca__subcmd__key,policy)
                cmd="tpm2ca__subcmd__key__subcmd__policy"
                ;;
            tpm2ca__subcmd__key,public)
                cmd="tpm2ca__subcmd__key__subcmd__public"
                ;;
            tpm2ca__subcmd__key,receive)
                cmd="tpm2ca__subcmd__key__subcmd__receive"
                ;;
            tpm2ca__subcmd__key,show)
                cmd="tpm2ca__subcmd__key__subcmd__show"
                ;;
            tpm2ca__subcmd__key,sign)
                cmd="tpm2ca__subcmd__key__subcmd__sign"
                ;;
            tpm2ca__subcmd__key__subcmd__help,duplicate)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__duplicate"
                ;;
            tpm2ca__subcmd__key__subcmd__help,evict)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__evict"
                ;;
            tpm2ca__subcmd__key__subcmd__help,help)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__help"
                ;;
            tpm2ca__subcmd__key__subcmd__help,import)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__import"
                ;;
            tpm2ca__subcmd__key__subcmd__help,passwd)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__passwd"
                ;;
            tpm2ca__subcmd__key__subcmd__help,persist)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__persist"
                ;;
            tpm2ca__subcmd__key__subcmd__help,policy)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__policy"
                ;;
            tpm2ca__subcmd__key__subcmd__help,public)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__public"
                ;;
            tpm2ca__subcmd__key__subcmd__help,receive)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__receive"
                ;;
            tpm2ca__subcmd__key__subcmd__help,show)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__show"
                ;;
            tpm2ca__subcmd__key__subcmd__help,sign)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__sign"
                ;;
            tpm2ca__subcmd__key__subcmd__help__subcmd__policy,remove)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__policy__subcmd__remove"
                ;;
            tpm2ca__subcmd__key__subcmd__help__subcmd__policy,sign)
                cmd="tpm2ca__subcmd__key__subcmd__help__subcmd__policy__subcmd__sign"
                ;;
            tpm2ca__subcmd__key__subcmd__policy,help)
                cmd="tpm2ca__subcmd__key__subcmd__policy__subcmd__help"
                ;;
            tpm2ca__subcmd__key__subcmd__policy,remove)
                cmd="tpm2ca__subcmd__key__subcmd__policy__subcmd__remove"
                ;;
            tpm2ca__subcmd__key__subcmd__policy,sign)
                cmd="tpm2ca__subcmd__key__subcmd__policy__subcmd__sign"
                ;;
            tpm2ca__subcmd__key__subcmd__policy__subcmd__help,help)
                cmd="tpm2ca__subcmd__key__subcmd__policy__subcmd__help__subcmd__help"
                ;;
            tpm2ca__subcmd__key__subcmd__policy__subcmd__help,remove)
                cmd="tpm2ca__subcmd__key__subcmd__policy__subcmd__help__subcmd__remove"
                ;;
            tpm2ca__subcmd__key__subcmd__policy__subcmd__help,sign)
                cmd="tpm2ca__subcmd__key__subcmd__policy__subcmd__help__subcmd__sign"
                ;;
            tpm2ca__subcmd__tpm,help)
                cmd="tpm2ca__subcmd__tpm__subcmd__help"
                ;;
            tpm2ca__subcmd__tpm,info)
                cmd="tpm2ca__subcmd__tpm__subcmd__info"
                ;;
            tpm2ca__subcmd__tpm__subcmd__help,help)
                cmd="tpm2ca__subcmd__tpm__subcmd__help__subcmd__help"
                ;;
            tpm2ca__subcmd__tpm__subcmd__help,info)
                cmd="tpm2ca__subcmd__tpm__subcmd__help__subcmd__info"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        tpm2ca)
            opts="-q -v -h -V --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help --version demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__crl)
            opts="-q -v -h --issuer --out --outform --outdir --days --config --name --section --key --keyfile --cert --hours --crlexts --lastupdate --nextupdate --md --shards --delta --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --issuer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --outform)
                    COMPREPLY=($(compgen -W "pem der" -- "${cur}"))
                    return 0
                    ;;
                --outdir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --days)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keyfile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --hours)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --crlexts)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --lastupdate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --nextupdate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --md)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --shards)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db)
            opts="-q -v -h --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help check import-openssl export-openssl updatedb help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__check)
            opts="-q -v -h --audit-head --config --name --section --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --audit-head)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__export__subcmd__openssl)
            opts="-q -v -h --outdir --issuer --config --name --section --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --outdir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --issuer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__help)
            opts="check import-openssl export-openssl updatedb help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__help__subcmd__check)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__help__subcmd__export__subcmd__openssl)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__help__subcmd__import__subcmd__openssl)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__help__subcmd__updatedb)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__import__subcmd__openssl)
            opts="-q -v -h --config --name --section --issuer --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --issuer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__db__subcmd__updatedb)
            opts="-q -v -h --config --name --section --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__demo)
            opts="-q -v -h --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__doctor)
            opts="-q -v -h --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__genkey)
            opts="-a -c -e -s -p -o -P -W -u -r -t -q -v -h --alg --curve --exponent --keysize --password --ownerpw --parent --parentpw --public --private --tcti --pcr --policy --duplicable-to --importable --description --force --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --alg)
                    COMPREPLY=($(compgen -W "rsa ecdsa sm2" -- "${cur}"))
                    return 0
                    ;;
                -a)
                    COMPREPLY=($(compgen -W "rsa ecdsa sm2" -- "${cur}"))
                    return 0
                    ;;
                --curve)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -c)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --exponent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -e)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keysize)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -s)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -p)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ownerpw)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -P)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parentpw)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -W)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --public)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -r)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tcti)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -t)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pcr)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --duplicable-to)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --importable)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --description)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help)
            opts="demo init req sign issue revoke crl ocsp list show genkey key doctor tpm db openssl help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__crl)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__db)
            opts="check import-openssl export-openssl updatedb"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__db__subcmd__check)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__db__subcmd__export__subcmd__openssl)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__db__subcmd__import__subcmd__openssl)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__db__subcmd__updatedb)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__demo)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__doctor)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__genkey)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__init)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__issue)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key)
            opts="show public sign import persist evict passwd duplicate receive policy"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__duplicate)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__evict)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__import)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__passwd)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__persist)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__policy)
            opts="sign remove"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__policy__subcmd__remove)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 5 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__policy__subcmd__sign)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 5 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__public)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__receive)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__key__subcmd__sign)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__list)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__ocsp)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__openssl)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__req)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__revoke)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__sign)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__tpm)
            opts="info"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__help__subcmd__tpm__subcmd__info)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__init)
            opts="-q -v -h --name --alg --keysize --curve --root-days --intermediate-days --permit-dns --ask-key-auth --crl-url --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --alg)
                    COMPREPLY=($(compgen -W "rsa ecdsa" -- "${cur}"))
                    return 0
                    ;;
                --keysize)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --curve)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --root-days)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --intermediate-days)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --permit-dns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --crl-url)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__issue)
            opts="-q -v -h --profile --issuer --key-out --out --newkey --days --startdate --enddate --chain --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --issuer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --newkey)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --days)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --startdate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --enddate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key)
            opts="-q -v -h --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help show public sign import persist evict passwd duplicate receive policy help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__duplicate)
            opts="-q -v -h --to --out --force --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --to)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__evict)
            opts="-q -v -h --key --force --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help)
            opts="show public sign import persist evict passwd duplicate receive policy help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__duplicate)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__evict)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__import)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__passwd)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__persist)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__policy)
            opts="sign remove"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__policy__subcmd__remove)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 5 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__policy__subcmd__sign)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 5 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__public)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__receive)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__help__subcmd__sign)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__import)
            opts="-P -q -v -h --in --passin --out --parent --for --pcr --policy --duplicable-to --description --force --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --in)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passin)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -P)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --for)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pcr)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --duplicable-to)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --description)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__passwd)
            opts="-q -v -h --new-key-auth --remove --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --new-key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__persist)
            opts="-q -v -h --handle --storage-root --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --handle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__policy)
            opts="-q -v -h --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help sign remove help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__policy__subcmd__help)
            opts="sign remove help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__policy__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 5 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__policy__subcmd__help__subcmd__remove)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 5 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__policy__subcmd__help__subcmd__sign)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 5 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__policy__subcmd__remove)
            opts="-q -v -h --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__policy__subcmd__sign)
            opts="-q -v -h --key --passin --policy --name --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passin)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__public)
            opts="-q -v -h --out --outform --tpm2b --parent --force --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --outform)
                    COMPREPLY=($(compgen -W "pem der" -- "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__receive)
            opts="-P -q -v -h --out --parent --force --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -P)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__show)
            opts="-q -v -h --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__key__subcmd__sign)
            opts="-q -v -h --key --md --in --out --force --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --md)
                    COMPREPLY=($(compgen -W "sha256 sha384 sha512" -- "${cur}"))
                    return 0
                    ;;
                --in)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__list)
            opts="-q -v -h --status --name --expires-within --issuer --config --section --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --status)
                    COMPREPLY=($(compgen -W "valid revoked expired reserved" -- "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --expires-within)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --issuer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__ocsp)
            opts="-q -v -h --listen --once --reqin --respout --issuer --key --rsigner --rkey --nmin --ndays --config --name --section --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --reqin)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --respout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --issuer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -W "memory tpm" -- "${cur}"))
                    return 0
                    ;;
                --rsigner)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rkey)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --nmin)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ndays)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__openssl)
            opts="-q -v -h --openssl --print-config --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --openssl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__req)
            opts="-q -v -h --key --newkey --keyout --nodes --noenc --passout --config --section --subj --utf8 --addext --x509 --days --extensions --reqexts --set-serial --set_serial --md --sha256 --sha384 --sha512 --batch --strict --out --outform --in --verify --subject --pubkey --modulus --noout --new --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --newkey)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keyout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --passout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --subj)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --addext)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --days)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --extensions)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --reqexts)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --set_serial)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --set-serial)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --md)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --outform)
                    COMPREPLY=($(compgen -W "pem der" -- "${cur}"))
                    return 0
                    ;;
                --in)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__revoke)
            opts="-q -v -h --reason --invalidity-date --issuer --hold-instruction --config --name --section --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --reason)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --invalidity-date)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --issuer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --hold-instruction)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__show)
            opts="-q -v -h --issuer --pem --config --name --section --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --issuer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --section)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__sign)
            opts="-q -v -h --profile --issuer --in --out --outdir --days --startdate --enddate --md --subj --san --chain --force --config --name --extensions --extfile --policy --key --keyfile --cert --selfsign --preserveDN --noemailDN --utf8 --rand_serial --create_serial --batch --notext --strict --spkac --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --issuer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --in)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --outdir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --days)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --startdate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --enddate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --md)
                    COMPREPLY=($(compgen -W "sha256 sha384 sha512" -- "${cur}"))
                    return 0
                    ;;
                --subj)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --san)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --extensions)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --extfile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keyfile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --spkac)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__tpm)
            opts="-q -v -h --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help info help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__tpm__subcmd__help)
            opts="info help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__tpm__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__tpm__subcmd__help__subcmd__info)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        tpm2ca__subcmd__tpm__subcmd__info)
            opts="-q -v -h --ca --tpm --key-auth --parent-auth --owner-auth --approver --json --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ca)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tpm)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --parent-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owner-auth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --approver)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _tpm2ca -o nosort -o bashdefault -o default tpm2ca
else
    complete -F _tpm2ca -o bashdefault -o default tpm2ca
fi
