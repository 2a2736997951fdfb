#!/bin/bash
# What the probes add to a page fault: nanoseconds per fault without them and with them, the least of ROUNDS rounds.
#   touch  first store into a page, by a process without mergeable memory
#   mm     the same by a process that has mergeable memory
#   ksm    a store that breaks a KSM page
# USAGE: bench/probe-cost.sh PROGRAM.bt [ROUNDS]    root; nobody else's memory may be mergeable; restores the knobs.
# PROGRAM.bt: what to attach, with the host's constants, such as bpf/cow_walk.bt where its defaults fit.
set -eu
program=$1 rounds=${2:-11} pages=20000
ksm=/sys/kernel/mm/ksm here=$(cd "$(dirname "$0")/.." && pwd) work=$(mktemp -d)
declare -A found
for knob in pages_to_scan sleep_millisecs smart_scan run; do found[$knob]=$(cat $ksm/$knob); done
tracer=
cleanup() {
	[ -z "$tracer" ] || kill "$tracer"
	for knob in pages_to_scan sleep_millisecs smart_scan run; do echo "${found[$knob]}" >$ksm/$knob; done
	rm -r "$work"
}
trap cleanup EXIT
cc -O1 -pthread -o "$work/guest" "$here/test/kernel/guest.c"
echo 0 >$ksm/smart_scan; echo 20000 >$ksm/pages_to_scan; echo 1 >$ksm/sleep_millisecs

# One round: prints "touch mm ksm", ns per fault.
round() {
	local touch mm ksm_ns
	coproc GUEST { exec "$work/guest"; }
	echo "touch $pages" >&"${GUEST[1]}"; read -r _ touch <&"${GUEST[0]}"
	echo "map 0 $pages same 1" >&"${GUEST[1]}"; read -r _ _ <&"${GUEST[0]}"
	echo "touch $pages" >&"${GUEST[1]}"; read -r _ mm <&"${GUEST[0]}"
	echo 1 >$ksm/run
	until [ "$(cat /proc/$GUEST_PID/ksm_merging_pages)" = $pages ]; do sleep 0.05; done
	echo 0 >$ksm/run
	echo "write 0 0 $pages" >&"${GUEST[1]}"; read -r _ ksm_ns <&"${GUEST[0]}"
	echo "$((touch / pages)) $((mm / pages)) $((ksm_ns / pages))"
	eval "exec ${GUEST[1]}>&-"
	wait "$GUEST_PID" 2>/dev/null || true
}
measure() {
	local i
	for ((i = 0; i < rounds; i++)); do round; done | awk -v what="$1" '
		{ for (f = 1; f <= 3; f++) if (NR == 1 || $f < least[f]) least[f] = $f }
		END { printf "%-8s touch %d ns, mm %d ns, ksm %d ns\n", what, least[1], least[2], least[3] }'
}
measure without
bpftrace "$program" >"$work/out" 2>/dev/null &
tracer=$!
until grep -q tock "$work/out"; do sleep 0.1; done
measure with
