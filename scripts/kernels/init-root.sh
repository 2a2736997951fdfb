#!/bin/busybox sh
# Runs one command in a test guest and switches the machine off. Console: ttyS0; the command's stdout, stderr and exit
# code go to ttyS1, ttyS2 and ttyS3. Its folder is /share, the host's folder of `--share` (a copy), else /tmp.
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root TERM=dumb LANG=C.UTF-8
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
mount -t securityfs security /sys/kernel/security
ip link set lo up
for port in 1 2 3; do stty -F /dev/ttyS$port raw -echo; done
cd /tmp
if [ -b /dev/vdb ]; then
  mount -t ext4 -o noatime /dev/vdb /share
  cd /share
fi
echo "rig: running the command" >/dev/ttyS0
sh /run/task </dev/null >/dev/ttyS1 2>/dev/ttyS2
echo "exit $?" >/dev/ttyS3
umount /share 2>/dev/null
mount -o remount,ro /
poweroff -f
