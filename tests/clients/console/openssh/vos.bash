#!/bin/bash
# Imitates the VOS admin CLI for one test: readline of bash behind a real pseudo-terminal of OpenSSH.
# Beside this file lie: services (name|state|reason a line), and the switches narrow, pager, late, as empty files.
here=$(dirname "$(readlink -f "$0")")
services=$here/services
bold=$'\e[1m' plain=$'\e[0m'

echo "Command Line Interface is starting up, please wait ..."
if [ "$1" = -c ]; then sleep 30; exit 1; fi
[ -e "$here/narrow" ] && stty cols 80
sleep 0.3
printf '\n   Welcome to the Platform Command Line Interface\n\nVMware Installation:\n\t2 vCPU: Intel(R) Xeon(R)\n\n'
[ -e "$here/late" ] && read -rs

show() { # a file, in pages if asked to
    local shown=0 row key
    while IFS= read -r row <&3; do
        if [ -e "$here/pager" ] && [ "$shown" = 4 ]; then
            printf '%sPress <enter> for 1 line, <space> for one page, or <q> to quit%s' "$bold" "$plain"
            IFS= read -rsn1 key
            printf '\r\e[K'
            [ "$key" = q ] && return
            shown=0
        fi
        printf '%s\n' "$row"
        shown=$((shown + 1))
    done 3< "$1"
}

listing() {
    echo "System SSH [STARTED]"
    echo "Service Manager is running"
    echo "Getting list of all services"
    echo ">> Return code = 0"
    while IFS='|' read -r name state reason; do
        printf '%s[%s]%s\n' "$name" "$state" "${reason:+  $reason}"
    done < "$services"
    echo "Primary Node =true"
}

become() { # name state reason
    awk -F'|' -v OFS='|' -v n="$1" -v s="$2" -v r="$3" '$1 == n { $2 = s; $3 = r } { print }' \
        "$services" > "$services.new" && mv "$services.new" "$services"
    [ "$4" ] && printf '%s[%s]  \n' "$1" "$2"
}

act() { # verb name
    if ! grep -q "^$2|" "$services"; then
        printf 'Service %s is unknown\nExecuted command unsuccessfully\n' "$2"
        return
    fi
    echo "Service Manager is running"
    if [ "$1" != start ]; then become "$2" STOPPING "" said; sleep 0.2; become "$2" STOPPED "Commanded Out of Service"; fi
    # The last line of a start still says STARTING: only the listing tells the end.
    if [ "$1" != stop ]; then become "$2" STARTING "" said; (sleep 0.6; become "$2" STARTED "") > /dev/null 2>&1 & fi
    echo
}

while IFS= read -e -r -p "admin:" line; do
    case $line in
        "") ;;
        exit) exit 0 ;;
        "utils service list")
            echo "Requesting service status, please wait..."
            listing > "$here/out"
            show "$here/out"
            echo ;;
        "utils service stop "*|"utils service start "*|"utils service restart "*)
            rest=${line#utils service }; act "${rest%% *}" "${rest#* }" ;;
        *) echo "No valid command entered"; echo ;;
    esac
done
