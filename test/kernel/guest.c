/*
 * A guest for kernel tests: a process with mergeable memory that does exactly what it is told, one command a line on
 * stdin, one answer a line on stdout (`ok ...` or `err WHAT: ERRNO`), and ends when stdin closes.
 *
 *   map AREA PAGES unique|same|zero|random|huge SEED   private anonymous memory, filled and made mergeable: ok ADDRESS
 *                   unique: content by (SEED, page); same: content by SEED alone, on every page; so areas of equal SEED
 *                   are equal in all guests. random: content that no other area has
 *                   huge: as unique, in huge pages where the kernel gives them
 *   fill AREA FROM COUNT SEED     new content for the pages, as `unique` gives it
 *   write AREA FROM COUNT         one store into each of COUNT pages from page FROM: ok NANOSECONDS
 *   read AREA FROM COUNT          the same by read(2): the kernel copies into each page
 *   direct AREA FROM COUNT        the same by an O_DIRECT read (get_user_pages)
 *   vmwrite AREA FROM COUNT       process_vm_writev(2) into this process
 *   vmwriteto PID ADDRESS COUNT   process_vm_writev(2) into another one
 *   fork AREA FROM COUNT          a child writes the pages and ends: ok PID-OF-CHILD
 *   touch PAGES                   first stores into so many fresh pages that are not mergeable: ok NANOSECONDS
 *   populate AREA FROM COUNT      MADV_POPULATE_WRITE
 *   dontneed AREA FROM COUNT      MADV_DONTNEED
 *   unmerge AREA                  MADV_UNMERGEABLE
 *   threads AREA FROM COUNT T     T threads share the pages out among them
 *   race AREA FROM COUNT T        T threads store into every page, in step, so that they collide
 *   kvm AREA [VCPUS]              a virtual machine whose memory is the area
 *   kvmwrite AREA FROM COUNT      the machine's CPUs share the pages out among them, and store into each
 *   comm NAME                     renames the main thread
 *
 * Build: cc -O1 -pthread -o guest guest.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { PAGE = 4096, HUGE = 1 << 21, AREAS = 16, VCPUS = 16, GUEST_PHYS = 0x100000, HALT = 12 };

struct vcpu {
	int fd;
	struct kvm_run *run;
	struct kvm_regs regs; /* to start with */
};

struct area {
	unsigned char *base;
	size_t pages, cpus;
	struct vcpu vcpus[VCPUS];
};

static struct area areas[AREAS];
static uint64_t stores; /* makes every stored value differ, so that written pages do not merge again */

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static void fill(unsigned char *page, uint64_t seed)
{
	for (size_t i = 0; i < PAGE; i += 8)
		*(uint64_t *)(page + i) = mix(seed + i);
}

static void refill(unsigned char *at, size_t first, size_t count, uint64_t seed)
{
	for (size_t i = 0; i < count; i++)
		fill(at + i * PAGE, mix(seed) + (first + i) * PAGE);
}

static void store(volatile unsigned char *page)
{
	*(volatile uint64_t *)(page + 64) = ((uint64_t)getpid() << 40) ^ __atomic_add_fetch(&stores, 1, __ATOMIC_RELAXED);
}

static long long timed_write(unsigned char *from, size_t count)
{
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (size_t i = 0; i < count; i++)
		store(from + i * PAGE);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - begin.tv_sec) * 1000000000ll + end.tv_nsec - begin.tv_nsec;
}

static long long touch(size_t pages)
{
	unsigned char *fresh = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long long spent;

	if (fresh == MAP_FAILED)
		return -1;
	madvise(fresh, pages * PAGE, MADV_NOHUGEPAGE);
	spent = timed_write(fresh, pages);
	munmap(fresh, pages * PAGE);
	return spent;
}

static const char *map(struct area *a, size_t pages, const char *kind, uint64_t seed)
{
	int huge = !strcmp(kind, "huge");

	a->pages = pages;
	a->base = mmap(NULL, pages * PAGE + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->base == MAP_FAILED)
		return "mmap";
	a->base += -(uintptr_t)a->base % HUGE;
	madvise(a->base, pages * PAGE, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	if (!strcmp(kind, "random") && getrandom(&seed, sizeof seed, 0) != sizeof seed)
		return "getrandom";
	for (size_t i = 0; i < pages; i++) {
		if (!strcmp(kind, "zero"))
			memset(a->base + i * PAGE, 0, PAGE);
		else
			fill(a->base + i * PAGE, mix(seed) + (strcmp(kind, "same") ? i * PAGE : 0));
	}
	return madvise(a->base, pages * PAGE, MADV_MERGEABLE) ? "madvise(MADV_MERGEABLE)" : NULL;
}

/* A file with COUNT pages of data, unlinked at once. In the working directory, because not every tmpfs takes O_DIRECT. */
static int data_file(size_t count, int flags)
{
	char name[] = "guest-data-XXXXXX";
	static unsigned char page[PAGE];
	int fd = mkstemp(name), again;

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		fill(page, mix(getpid()) + i * PAGE);
		if (write(fd, page, PAGE) != PAGE)
			return -1;
	}
	fsync(fd);
	again = open(name, O_RDONLY | flags);
	unlink(name);
	close(fd);
	return again;
}

static const char *read_pages(unsigned char *to, size_t count, int flags)
{
	int fd = data_file(count, flags);

	if (fd < 0)
		return "data file";
	for (size_t i = 0; i < count; i++)
		if (read(fd, to + i * PAGE, PAGE) != PAGE)
			return "read";
	close(fd);
	return NULL;
}

static const char *vmwrite(pid_t pid, unsigned char *to, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = ((uint64_t)getpid() << 40) ^ ++stores;
		struct iovec from = {&value, sizeof value}, into = {to + i * PAGE, sizeof value};

		if (process_vm_writev(pid, &from, 1, &into, 1, 0) != sizeof value)
			return "process_vm_writev";
	}
	return NULL;
}

struct slice {
	unsigned char *from;
	size_t count;
	pthread_barrier_t *step; /* NULL: run freely */
};

static void *run_slice(void *arg)
{
	struct slice *s = arg;

	for (size_t i = 0; i < s->count; i++) {
		if (s->step)
			pthread_barrier_wait(s->step);
		store(s->from + i * PAGE);
	}
	return NULL;
}

static const char *write_threads(unsigned char *from, size_t count, size_t threads, int race)
{
	pthread_t ids[64];
	struct slice slices[64];
	pthread_barrier_t step;

	if (threads < 1 || threads > 64)
		return "threads: 1 to 64";
	pthread_barrier_init(&step, NULL, threads);
	for (size_t t = 0; t < threads; t++) {
		size_t first = race ? 0 : count * t / threads, end = race ? count : count * (t + 1) / threads;

		slices[t] = (struct slice){from + first * PAGE, end - first, race ? &step : NULL};
		if (pthread_create(&ids[t], NULL, run_slice, &slices[t]))
			return "pthread_create";
	}
	for (size_t t = 0; t < threads; t++)
		pthread_join(ids[t], NULL);
	return NULL;
}

static const char *add_vcpu(int kvm, int vm, size_t id, struct vcpu *cpu)
{
	struct kvm_sregs sregs;
	struct kvm_segment flat = {.limit = 0xffffffff, .present = 1, .db = 1, .s = 1, .g = 1};

	cpu->fd = ioctl(vm, KVM_CREATE_VCPU, id);
	cpu->run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, cpu->fd, 0);
	if (cpu->fd < 0 || cpu->run == MAP_FAILED || ioctl(cpu->fd, KVM_GET_SREGS, &sregs))
		return "KVM_CREATE_VCPU";
	flat.type = 11, flat.selector = 8;
	sregs.cs = flat;
	flat.type = 3, flat.selector = 16;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat;
	sregs.cr0 |= 1;
	return ioctl(cpu->fd, KVM_SET_SREGS, &sregs) ? "KVM_SET_SREGS" : NULL;
}

/* A machine without firmware: one page of code at 0, the area at GUEST_PHYS, flat 32-bit protected mode, no paging. */
static const char *kvm_open(struct area *a, size_t cpus)
{
	static const unsigned char code[] = {
		0x89, 0x07,                         /* store: mov [edi], eax */
		0x40,                               /*        inc eax */
		0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, /*        add edi, 4096 */
		0x49,                               /*        dec ecx */
		0x75, 0xf4,                         /*        jnz store */
		0xf4,                               /* HALT:  hlt */
	};
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm;
	unsigned char *text = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region slots[] = {
		{.slot = 0, .guest_phys_addr = 0, .memory_size = PAGE, .userspace_addr = (uintptr_t)text},
		{.slot = 1, .guest_phys_addr = GUEST_PHYS, .memory_size = a->pages * PAGE, .userspace_addr = (uintptr_t)a->base},
	};
	const char *failed = NULL;

	if (cpus < 1 || cpus > VCPUS || a->cpus)
		return "kvm: 1 to 16 CPUs, one machine an area";
	if (kvm < 0 || (vm = ioctl(kvm, KVM_CREATE_VM, 0)) < 0)
		return "/dev/kvm";
	memcpy(text, code, sizeof code);
	ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000); /* Intel wants it, AMD ignores it */
	for (int i = 0; i < 2; i++)
		if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slots[i]))
			return "KVM_SET_USER_MEMORY_REGION";
	for (a->cpus = 0; a->cpus < cpus && !failed; a->cpus++)
		failed = add_vcpu(kvm, vm, a->cpus, &a->vcpus[a->cpus]);
	return failed;
}

/* Returns what failed. */
static void *vcpu_run(void *arg)
{
	struct vcpu *cpu = arg;

	if (ioctl(cpu->fd, KVM_SET_REGS, &cpu->regs) || ioctl(cpu->fd, KVM_RUN, 0))
		return "KVM_RUN";
	return cpu->run->exit_reason == KVM_EXIT_HLT ? NULL : "the machine did not halt";
}

static const char *kvm_write(struct area *a, size_t from, size_t count)
{
	pthread_t ids[VCPUS];
	void *failed = NULL, *result;

	if (!a->cpus)
		return "no machine: command kvm first";
	for (size_t i = 0; i < a->cpus; i++) {
		size_t first = count * i / a->cpus, own = count * (i + 1) / a->cpus - first;

		a->vcpus[i].regs = (struct kvm_regs){.rip = own ? 0 : HALT, .rcx = own, .rflags = 2};
		a->vcpus[i].regs.rdi = GUEST_PHYS + (from + first) * PAGE + 64;
		a->vcpus[i].regs.rax = (uint32_t)(getpid() << 16) + (stores += own);
		if (pthread_create(&ids[i], NULL, vcpu_run, &a->vcpus[i]))
			return "pthread_create";
	}
	for (size_t i = 0; i < a->cpus; i++)
		failed = pthread_join(ids[i], &result) || result ? result : failed;
	return failed;
}

static const char *fork_write(unsigned char *from, size_t count, pid_t *child)
{
	int status;

	*child = fork();
	if (*child < 0)
		return "fork";
	if (*child == 0) {
		for (size_t i = 0; i < count; i++)
			store(from + i * PAGE);
		_exit(0);
	}
	return waitpid(*child, &status, 0) == *child && status == 0 ? NULL : "child";
}

static void answer(const char *failed, long long value)
{
	if (failed)
		printf("err %s: %s\n", failed, strerror(errno));
	else
		printf("ok %lld\n", value);
}

int main(void)
{
	char line[256], verb[16], kind[16];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin)) {
		unsigned long long index = 0, from = 0, count = 0, threads = 1, seed = 0;
		const char *failed = NULL;
		struct area *a;
		unsigned char *at;
		long long value = 0;
		pid_t child = 0;

		errno = 0;
		if (sscanf(line, "%15s", verb) != 1)
			continue;
		if (!strcmp(verb, "comm")) {
			sscanf(line, "%*s %15s", kind);
			answer(prctl(PR_SET_NAME, kind) ? "prctl" : NULL, 0);
			continue;
		}
		if (!strcmp(verb, "touch")) {
			sscanf(line, "%*s %llu", &count);
			answer(NULL, touch(count));
			continue;
		}
		if (!strcmp(verb, "vmwriteto")) {
			sscanf(line, "%*s %llu %llu %llu", &index, &from, &count);
			answer(vmwrite((pid_t)index, (unsigned char *)(uintptr_t)from, count), 0);
			continue;
		}
		sscanf(line, "%*s %llu", &index);
		a = &areas[index % AREAS];
		if (!strcmp(verb, "map")) {
			if (a->base || sscanf(line, "%*s %*u %llu %15s %llu", &count, kind, &seed) != 3)
				failed = "map: area taken, or not AREA PAGES KIND SEED";
			else
				failed = map(a, count, kind, seed);
			answer(failed, (long long)(uintptr_t)a->base);
			continue;
		}
		sscanf(line, "%*s %*u %llu %llu %llu", &from, &count, &threads); /* `threads` is the seed of fill */
		at = a->base + from * PAGE;
		if (!a->base || (strcmp(verb, "kvm") && from + count > a->pages))
			failed = "no such area or pages";
		else if (!strcmp(verb, "fill"))
			refill(at, from, count, threads);
		else if (!strcmp(verb, "write"))
			value = timed_write(at, count);
		else if (!strcmp(verb, "read"))
			failed = read_pages(at, count, 0);
		else if (!strcmp(verb, "direct"))
			failed = read_pages(at, count, O_DIRECT);
		else if (!strcmp(verb, "vmwrite"))
			failed = vmwrite(getpid(), at, count);
		else if (!strcmp(verb, "fork"))
			failed = fork_write(at, count, &child);
		else if (!strcmp(verb, "populate"))
			failed = madvise(at, count * PAGE, MADV_POPULATE_WRITE) ? "madvise(MADV_POPULATE_WRITE)" : NULL;
		else if (!strcmp(verb, "dontneed"))
			failed = madvise(at, count * PAGE, MADV_DONTNEED) ? "madvise(MADV_DONTNEED)" : NULL;
		else if (!strcmp(verb, "unmerge"))
			failed = madvise(a->base, a->pages * PAGE, MADV_UNMERGEABLE) ? "madvise(MADV_UNMERGEABLE)" : NULL;
		else if (!strcmp(verb, "threads") || !strcmp(verb, "race"))
			failed = write_threads(at, count, threads, verb[0] == 'r');
		else if (!strcmp(verb, "kvm"))
			failed = kvm_open(a, from ? from : 1);
		else if (!strcmp(verb, "kvmwrite"))
			failed = kvm_write(a, from, count);
		else
			failed = "unknown command";
		answer(failed, child ? child : value);
	}
	return 0;
}
