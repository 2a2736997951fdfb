# A process with 96 MiB of equal pages that it offers to KSM: the guest has perl and no compiler. Numbers: x86-64.
use strict;
my ($read, $mmap, $madvise) = (0, 9, 28);
my $bytes = 96 << 20;
my $page = 'ksmpilot' x 512;
open(my $file, '+>', "/run/mergeable.$$") or die $!;
print $file $page for 1 .. $bytes / 4096;
seek($file, 0, 0);
unlink "/run/mergeable.$$";
my $at = syscall($mmap, 0, $bytes, 3, 0x22, -1, 0);
for (my $done = 0; $done < $bytes;) {
    my $got = syscall($read, fileno($file), $at + $done, $bytes - $done);
    die $! if $got <= 0;
    $done += $got;
}
close($file);
die $! if syscall($madvise, $at, $bytes, 12) != 0;
sleep 3600;
