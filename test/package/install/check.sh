# Runs in a Debian without an init, as root: installs the package, uses, upgrades, removes and purges it, then does the same
# from the tarball. Tells what it finds, section by section (`== NAME`); test/package/install.test.ts judges.
cd /share || exit 1
say() { printf '== %s\n' "$1"; }
code() {
  "$@"
  echo "exit $?"
}
# Every path with its kind, mode and owner, and every file's content, but for what apt, dpkg, userdel and systemctl write
# about themselves.
everything() {
  find / -xdev \( -path /share -o -path /tmp -o -path /var/cache -o -path /var/log -o -path /var/lib/apt \
    -o -path '/var/lib/dpkg/*-old' -o -path /var/lib/dpkg/lock -o -path /var/lib/dpkg/status \
    -o -path '/var/lib/dpkg/triggers/*' -o -path /etc/ld.so.cache -o -path /etc/passwd- -o -path /etc/shadow- \
    -o -path /etc/group- -o -path /etc/gshadow- \) -prune -o -print >/tmp/paths
  find /run -path '/run/systemd*' -prune -o -print >>/tmp/paths
  xargs -d '\n' stat -c '%A %U:%G %N' </tmp/paths | sort
  xargs -d '\n' sh -c 'for path; do [ -L "$path" ] || [ ! -f "$path" ] || echo "$path"; done' sh </tmp/paths |
    xargs -d '\n' sha256sum | sort -k 2
}
# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
  end=$(($(cut -d. -f1 /proc/uptime) + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(cut -d. -f1 /proc/uptime)" -lt "$end" ] || return 1
    sleep 0.5
  done
}
# Loopback of this network namespace; there is no ip here. SIOCSIFFLAGS, IFF_UP and IFF_RUNNING.
perl -e 'use Socket; my $up = pack("a16 s x22", "lo", 0x41); socket(my $s, AF_INET, SOCK_DGRAM, 0) or die $!; ioctl($s, 0x8914, $up) or die $!;'

say 'host'
code sh -c 'cd /sys/kernel/mm/ksm && value=$(cat pages_to_scan) && echo "$value" >pages_to_scan' 2>&1
everything >/tmp/before

say 'install'
code apt-get -q -y install ./ksmpilot.deb 2>&1
say 'package'
dpkg-query -W -f '${db:Status-Abbrev}\n${Conffiles}\n' ksmpilot
say 'seen'
everything >/tmp/installed
wc -l </tmp/before
diff /tmp/before /tmp/installed | wc -l
say 'files that differ'
code dpkg --verify ksmpilot
say 'user'
getent passwd ksmpilot
id ksmpilot 2>&1
say 'unit states'
systemctl is-enabled ksmpilot ksmpilot-web 2>&1
say 'unit problems'
code systemd-analyze verify --man=no ksmpilot.service ksmpilot-web.service 2>&1
say 'runtime folder'
stat -c '%A %U %G %n' /run/ksmpilot-web
say 'manual'
zcat /usr/share/man/man1/ksmpilot.1.gz | grep -m 1 '^\.TH'
for page in /usr/share/man/man1/ksmpilot*.gz; do zcat "$page" >/dev/null || echo "broken: $page"; done
say 'completion'
bash -c '. /usr/share/bash-completion/completions/ksmpilot
  complete -p ksmpilot
  COMP_WORDS=(ksmpilot sta) COMP_CWORD=1 COMP_LINE="ksmpilot sta" COMP_POINT=12
  function=$(complete -p ksmpilot | sed "s/.*-F \([^ ]*\).*/\1/")
  "$function" ksmpilot sta ksmpilot
  printf "offers %s\n" "${COMPREPLY[@]}"' 2>&1

say 'version'
code ksmpilot --version 2>&1
say 'node of the release'
command -v node || echo none
say 'bpftrace'
bpftrace --version
say 'doctor'
ksmpilot doctor --json 2>/tmp/doctor.err
echo "exit $?" >>/tmp/doctor.err
say 'doctor end'
cat /tmp/doctor.err

ksmpilot run --no-probes --no-http --interval 500 --group-socket /run/ksmpilot-web/agent.sock --log-format json >/tmp/agent.log 2>&1 &
agent=$!
wait_for 60 ksmpilot status --json
say 'status'
ksmpilot status --json 2>&1
setpriv --reuid ksmpilot --regid ksmpilot --clear-groups --no-new-privs --bounding-set=-all \
  ksmpilot web --agent unix:/run/ksmpilot-web/agent.sock --http 127.0.0.1:8576 >/tmp/web.log 2>&1 &
web=$!
say 'page'
cat >/tmp/page.mjs <<'JS'
const url = 'http://127.0.0.1:8576';
const giveUpMs = Date.now() + 60_000;
for (;;) {
  try {
    const status = await fetch(`${url}/api/status`);
    if (status.status === 200) break;
  } catch (error) {
    if (Date.now() > giveUpMs) throw error;
  }
  if (Date.now() > giveUpMs) throw new Error('no status on the page');
  await new Promise((resolve) => setTimeout(resolve, 300));
}
const page = await fetch(url);
console.log(page.status, (await page.text()).includes('<title>') ? 'a page' : 'no page');
const headers = { 'content-type': 'application/json' };
const change = await fetch(`${url}/api/mode`, { method: 'POST', headers, body: '{"mode":"MODE_AUTO"}' });
console.log('change', change.status);
JS
/usr/lib/ksmpilot/node /tmp/page.mjs 2>&1
say 'page process'
stat -c %U "/proc/$web"
grep '^CapBnd:' "/proc/$web/status"
say 'sockets'
stat -c '%A %U %G %n' /run/ksmpilot /run/ksmpilot/agent.sock /run/ksmpilot/token /run/ksmpilot-web/agent.sock
say 'stop'
kill -TERM "$web" "$agent"
wait "$web"
echo "web $?"
wait "$agent"
echo "agent $?"
say 'agent log'
cat /tmp/agent.log
say 'web log'
cat /tmp/web.log

say 'upgrade'
echo '# ours' >>/etc/ksmpilot/config.yaml
systemctl enable ksmpilot ksmpilot-web 2>&1
code apt-get -q -y install --reinstall ./ksmpilot.deb 2>&1
say 'after the upgrade'
tail -n 1 /etc/ksmpilot/config.yaml
systemctl is-enabled ksmpilot ksmpilot-web 2>&1

say 'remove'
code apt-get -q -y remove ksmpilot 2>&1
say 'after removal'
dpkg-query -W -f '${db:Status-Abbrev}\n' ksmpilot
tail -n 1 /etc/ksmpilot/config.yaml
find /usr -xdev -iname '*ksmpilot*'
say 'purge'
code apt-get -q -y purge ksmpilot 2>&1
say 'left'
everything >/tmp/after
diff /tmp/before /tmp/after
dpkg-query -W ksmpilot 2>/dev/null

say 'tarball'
tar -C / --strip-components=1 -xzf ksmpilot.tar.gz
systemd-sysusers ksmpilot.conf
systemd-tmpfiles --create ksmpilot.conf
systemctl daemon-reload 2>&1
code systemctl enable ksmpilot ksmpilot-web 2>/dev/null
say 'tarball state'
stat -c '%A %U %G %n' / /etc /usr /usr/bin/ksmpilot /run/ksmpilot-web
systemctl is-enabled ksmpilot ksmpilot-web 2>&1
code systemd-analyze verify --man=no ksmpilot.service ksmpilot-web.service 2>&1
code ksmpilot --version 2>&1
say 'end'
