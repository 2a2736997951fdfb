#!/bin/busybox sh
# First program of a test guest: loads the modules of its disk and hands over to the root file system there.
# /modules/order names the module files in the order in which they depend on each other.
/bin/busybox mkdir -p /proc /dev /root
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules/order); do
  /bin/busybox insmod "/modules/$module" || echo "rig: module $module does not load"
done
/bin/busybox mount -t ext4 -o noatime /dev/vda /root || echo 'rig: no root file system'
/bin/busybox mount -t tmpfs run /root/run
/bin/busybox cp /task /root/run/task
/bin/busybox umount /dev
exec /bin/busybox switch_root /root /sbin/guest-init
