#!/bin/sh
# Login shell of root on every host of the lab. It is honest, unless /run/liar holds the name of a way to lie: then it
# does to the deploying machine what a broken or hostile host could. Called as: liar -c COMMAND.
lie=
[ ! -r /run/liar ] || read -r lie </run/liar
command=$2
honest() { exec /bin/sh "$@"; }
asked() { case $command in *"$1"*) return 0 ;; *) return 1 ;; esac; }
# A host's true answer, to be bent.
truth() { /bin/sh -c "$command"; }
case $lie in
"") honest "$@" ;;
"any answer: random bytes") exec head -c 100000 /dev/urandom ;;
"any answer: no end") exec sleep 100000 ;;
"any answer: a greeting before it") echo "Welcome to $(hostname), where shells are chatty"; honest "$@" ;;
"any answer: a greeting after it") truth; status=$?; echo "Goodbye"; exit $status ;;
"any answer: lines end with CR LF") truth | sed 's/$/\r/' ;;
"any answer: exit status 137") truth; exit 137 ;;
"any answer: no programs on the PATH") exec env PATH=/nonexistent /bin/sh "$@" ;;
"any answer: 100 MB of errors") head -c 100000000 /dev/zero | tr '\0' e >&2; honest "$@" ;;
"status: 700 MB") asked status || honest "$@"; exec head -c 700000000 /dev/zero ;;
"status: null") asked status || honest "$@"; echo null ;;
"status: a list") asked status || honest "$@"; echo '[]' ;;
"status: an empty object") asked status || honest "$@"; echo '{}' ;;
"status: truncated") asked status || honest "$@"; truth | head -c 60 ;;
"status: twice") asked status || honest "$@"; truth; truth ;;
"status: wrong types") asked status || honest "$@"; echo '{"agent":2,"committed":5,"active":null,"pending":7,"phase":[],"remaining":"x"}' ;;
"status: 100,000 levels deep") asked status || honest "$@"; head -c 100000 /dev/zero | tr '\0' '[' ;;
"status: one byte a second") asked status || honest "$@"; while :; do printf x; sleep 1; done ;;
"status: an open window for ever") asked status || honest "$@"
  truth | sed 's/"pending":[^,]*/"pending":"aaaaaaaaaaaa"/; s/"phase":"[^"]*"/"phase":"armed"/; s/"remaining":[0-9]*/"remaining":999999999/' ;;
"status: remaining is 1e999") asked status || honest "$@"; truth | sed 's/"remaining":[0-9]*/"remaining":1e999/' ;;
"status: escape sequences as errors") asked status || honest "$@"
  printf '\033]0;OWNED\007\033[2J\033[1;1Hnetloom: lab, wave default: 3 hosts confirmed\033[8m' >&2; exit 1 ;;
"status: escape sequences in JSON") asked status || honest "$@"
  truth | sed 's/"warnings":"[^"]*"/"warnings":"\\u001b[2Jgone\\u001b]0;OWNED\\u0007 \\u009b2J \\u202egnol"/; s/"result":"[^"]*"/"result":"\\u001b[2J"/' ;;
"status: not UTF-8") asked status || honest "$@"; truth | sed "s/\"result\":\"[^\"]*\"/\"result\":\"$(printf '\377\376')\"/" ;;
"status: a member named __proto__") asked status || honest "$@"; truth | sed 's/^{/{"__proto__":{"polluted":1},/' ;;
"probe: no checks") asked probe || honest "$@"; echo '{"ok":true}' ;;
"probe: 0 checks, all ok") asked probe || honest "$@"; echo '{"host":"lab/h2","phase":"all","ok":true,"checks":[]}' ;;
"probe: another host's name") asked probe || honest "$@"; truth | sed 's/^{"host":"[^"]*"/{"host":"lab\/h1"/' ;;
"probe: truncated") asked probe || honest "$@"; truth | head -c 200 ;;
"probe: escape sequences in JSON") asked probe || honest "$@"
  printf '%s\n' '{"host":"lab/h2","phase":"local","ok":false,"checks":[{"status":"fail","kind":"sysctl","phase":"local","construct":"c","because":"b","what":"\u001b[2Jx","wanted":"w","found":"\u001b]0;OWNED\u0007 f"}]}' ;;
"probe: one byte a second") asked probe || honest "$@"; while :; do printf x; sleep 1; done ;;
"stage: says yes, does nothing") asked " stage " || honest "$@"; cat >/dev/null ;;
"arm: says yes, does nothing") asked " arm " || honest "$@"; echo "armed" ;;
"arm: no end") asked " arm " || honest "$@"; exec sleep 100000 ;;
"activate: says yes, does nothing") asked " activate " || honest "$@"; echo "activating" ;;
"confirm: says yes, does nothing") asked " confirm " || honest "$@"; echo "confirmed" ;;
"confirm: does it, says no") asked " confirm " || honest "$@"; truth >/dev/null; echo "no" >&2; exit 1 ;;
"key: another host's") asked " key " || honest "$@"; echo "kept $(cat /run/liar-key)" ;;
"key: another host's, newly made") asked " key " || honest "$@"; echo "made $(cat /run/liar-key)" ;;
"key: not a key") asked " key " || honest "$@"; echo "kept $(printf '\033[2J')hello" ;;
*) echo "liar: unknown lie: $lie" >&2; exit 99 ;;
esac
