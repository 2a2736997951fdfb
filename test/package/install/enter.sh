#!/bin/sh
# Runs in namespaces of its own (mount, pid, network, ipc, uts): unpacks a Debian into memory and runs check.sh in it. All
# of it goes with the last process. The kernel's files are read-only, so that no knob of this host can be written.
# Arguments: a folder to mount on, the Debian (tar), a folder that becomes /share there.
set -eu
root=$1 debian=$2 share=$3

mount --make-rprivate /
mount -t tmpfs -o mode=755,size=1g tmpfs "$root"
tar -C "$root" --numeric-owner --exclude='./dev/*' -xf "$debian"
mkdir "$root/share"
mount --bind "$share" "$root/share"
mount -o remount,ro,bind "$root/share"
mount -t proc proc "$root/proc"
# Not recursive: no tracefs, no debugfs, no cgroups.
mount --bind /sys "$root/sys"
mount -o remount,ro,bind "$root/sys"
mount -t tmpfs -o mode=755,nosuid,nodev,size=64m tmpfs "$root/run"
mount -t tmpfs -o mode=755,nosuid,size=1m tmpfs "$root/dev"
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
for node in null zero full random urandom; do
  touch "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
ln -s /proc/self/fd "$root/dev/fd"
hostname package-test
cd /
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
  chroot "$root" sh /share/check.sh
