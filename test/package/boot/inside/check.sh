# Runs in a booted Debian as root: installs the package, uses it, hangs it, removes it. Tells what it finds, section by
# section (`== NAME`); test/package/boot/boot.test.ts judges. First argument: the package.
package=$1
KSM=/sys/kernel/mm/ksm
say() { printf '== %s\n' "$1"; }
knobs() { for knob in run pages_to_scan sleep_millisecs; do echo "$knob $(cat "$KSM/$knob")"; done; }
# wait_for SECONDS COMMAND...: until it succeeds. The command itself may take long here, so the clock counts.
wait_for() {
  end=$(($(cut -d. -f1 /proc/uptime) + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(cut -d. -f1 /proc/uptime)" -lt "$end" ] || return 1
    sleep 3
  done
}
# Emulated machines are slow, ours and others: what a host does in a second may take twenty.
slow() {
  mkdir -p /run/systemd/system/ksmpilot.service.d
  printf '[Service]\nTimeoutStartSec=300\nTimeoutStopSec=300\n%s\n' "$1" >/run/systemd/system/ksmpilot.service.d/slow.conf
  systemctl daemon-reload
}
# By the journal: each call of ksmpilot would take the time that bpftrace needs.
probe_runs() { journalctl -u ksmpilot -o cat --no-pager | grep -q "probe $1 running"; }

say 'before'
knobs
say 'install'
apt-get -q -y install "$package" 2>&1
echo "exit $?"
say 'install state'
systemctl is-enabled ksmpilot ksmpilot-web
systemctl is-active ksmpilot ksmpilot-web
say 'start'
slow ''
systemctl start ksmpilot 2>&1
echo "exit $?"
say 'probes'
wait_for 240 probe_runs scanner
wait_for 240 probe_runs cow
wait_for 120 sh -c 'ksmpilot status --json >/run/status.json'
cat /run/status.json
say 'agent'
wait_for 60 sh -c 'systemctl show -P StatusText ksmpilot | grep -q saves'
systemctl show ksmpilot -p ActiveState -p StatusText -p NotifyAccess -p WatchdogUSec
systemctl start ksmpilot-web
say 'page service'
systemctl show ksmpilot-web -p ActiveState
say 'capabilities'
pid=$(systemctl show -P MainPID ksmpilot)
grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' "/proc/$pid/status"
say 'web capabilities'
web=$(systemctl show -P MainPID ksmpilot-web)
grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' "/proc/$web/status"
echo "uid $(stat -c %U "/proc/$web")"
say 'sockets'
stat -c '%A %U %G %n' /run/ksmpilot /run/ksmpilot/agent.sock /run/ksmpilot/token /run/ksmpilot-web /run/ksmpilot-web/agent.sock
say 'page'
cat >/run/page.mjs <<'JS'
const url = 'http://127.0.0.1:8576';
for (let tries = 0; ; tries += 1) {
  try {
    const page = await fetch(url);
    const status = await fetch(`${url}/api/status`);
    const refused = await fetch(`${url}/api/mode`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"mode":"MODE_AUTO"}' });
    console.log(page.status, status.status, refused.status);
    console.log((await page.text()).includes('<title>') ? 'a page' : 'no page');
    if (status.status === 200 || tries > 60) break;
  } catch (error) {
    if (tries > 60) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
JS
/usr/lib/ksmpilot/node /run/page.mjs 2>&1 | tail -n 2
say 'journal'
journalctl -u ksmpilot -u ksmpilot-web -o cat --no-pager

say 'tuning'
perl mergeable.pl 2>&1 &
ksmpilot tune auto >/dev/null 2>&1
echo "exit $?"
wait_for 120 grep -q 1 "$KSM/run"
knobs
say 'hang'
slow 'Restart=no'
echo "before: $(cat "$KSM/run")"
kill -STOP "$(systemctl show -P MainPID ksmpilot)"
wait_for 300 sh -c '[ "$(systemctl is-active ksmpilot)" = failed ]'
systemctl show ksmpilot -p Result
knobs
say 'remove'
systemctl reset-failed ksmpilot
systemctl start ksmpilot && ksmpilot tune auto >/dev/null
wait_for 120 grep -q 1 "$KSM/run"
echo "before: $(cat "$KSM/run")"
apt-get -q -y purge ksmpilot 2>&1
echo "exit $?"
knobs
pgrep_all() { for one in /proc/[0-9]*; do tr '\0' ' ' <"$one/cmdline" 2>/dev/null; echo; done | grep -E 'lib/ksmpilot|bpftrace' | grep -v grep; }
say 'left'
pgrep_all
find / -xdev \( -path /proc -o -path /sys -o -path /share -o -path /var/log \) -prune -o -iname '*ksmpilot*' -print
find /run -iname '*ksmpilot*' ! -path '/run/systemd/*'
getent passwd ksmpilot
say 'end'
