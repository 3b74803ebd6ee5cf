#!/bin/sh
# Imitates sc.exe and taskkill behind cmd.exe for two tests. Beside this file lies cg1a, which holds the state number of one service.
here=$(dirname "$(readlink -f "$0")")
name='Cisco ICM acme CG1A'

crlf() { sed 's/$/\r/'; }

block() { # name display number word
    printf '\nSERVICE_NAME: %s\n' "$1"
    [ "$2" ] && printf 'DISPLAY_NAME: %s\n' "$2"
    printf '        TYPE               : 10  WIN32_OWN_PROCESS  \n        STATE              : %s  %s \n' "$3" "$4"
    printf '                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)\n'
    printf '        WIN32_EXIT_CODE    : 0  (0x0)\n        SERVICE_EXIT_CODE  : 0  (0x0)\n'
    printf '        CHECKPOINT         : 0x0\n        WAIT_HINT          : 0x0\n'
}

fail() { # call number text
    printf '[SC] %s FAILED %s:\n\n%s\n\n' "$1" "$2" "$3" | crlf
    exit $(($2 % 256))
}

later() { (sleep 0.5; echo "$1" > "$here/cg1a") > /dev/null 2>&1 < /dev/null & }

[ "$1" = -c ] || exit 1
state=$(cat "$here/cg1a")
case $2 in
    'sc.exe query type= service'*)
        { block BFE 'Base Filtering Engine' 4 RUNNING; block "$name" "$name" "$state" WORD; } | crlf ;;
    "sc.exe query \"$name\"") block "$name" '' "$state" WORD | crlf ;;
    "sc.exe stop \"$name\"")
        [ "$state" = 1 ] && fail ControlService 1062 'The service has not been started.'
        [ "$state" = 4 ] || fail ControlService 1061 'The service cannot accept control messages at this time.'
        echo 3 > "$here/cg1a"; later 1
        block "$name" '' 3 STOP_PENDING | crlf ;;
    "sc.exe start \"$name\"")
        [ "$state" = 1 ] || fail StartService 1056 'An instance of the service is already running.'
        echo 2 > "$here/cg1a"; later 4
        block "$name" '' 2 START_PENDING | crlf ;;
    sc.exe*) fail OpenService 1060 'The specified service does not exist as an installed service.' ;;
    'taskkill /F /IM "ctisvr.exe"')
        if [ "$state" = 4 ]; then
            echo 'SUCCESS: The process "ctisvr.exe" with PID 1234 has been terminated.' | crlf
        else
            echo 'ERROR: The process "ctisvr.exe" not found.' | crlf >&2
            exit 128
        fi ;;
    *) echo "'${2%% *}' is not recognized as an internal or external command," | crlf; exit 1 ;;
esac
