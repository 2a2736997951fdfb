/*
 * Page faults by the batch, timed: one command a line on stdin, one answer a line on stdout (`ok ...` or
 * `err WHAT: ERRNO`), ends when stdin closes. Nothing here is mergeable before `mergeable`.
 *
 *   pin CPU            runs on this CPU from now on: ok
 *   touch BATCHES      first stores into fresh pages: ok NS NS ...   (nanoseconds of each batch of BATCH faults)
 *   wp BATCHES         stores into pages that a fork child shares, so that each is copied: ok NS NS ...
 *   mergeable PAGES    two areas of PAGES pages each, open to KSM: ok
 *   fill SEED          gives both areas the same content, page by page different: ok
 *   break              a store into every page of both: ok NS NS ...
 *
 * The clock is CLOCK_MONOTONIC, read twice a batch (about 25 ns each, the same with and without probes). Batches are short,
 * so that those in which the process was preempted are few: take the median.
 *
 * Build: cc -O1 -o faults faults.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, BATCH = 64, MOST_BATCHES = 4096 };

static long long spent[MOST_BATCHES];
static unsigned char *areas; /* two of them, one after the other */
static size_t area_pages;
static uint64_t stores; /* makes every stored value differ, so that written pages do not merge again */

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static unsigned char *fresh(size_t pages)
{
	unsigned char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	return at;
}

static void store_batches(unsigned char *at, size_t batches)
{
	for (size_t b = 0; b < batches; b++) {
		long long begin = now();

		for (size_t i = 0; i < BATCH; i++, at += PAGE)
			*(volatile uint64_t *)(at + 64) = ((uint64_t)getpid() << 40) ^ ++stores;
		spent[b] = now() - begin;
	}
}

static const char *touch(size_t batches)
{
	unsigned char *at = fresh(batches * BATCH);

	if (!at)
		return "mmap";
	store_batches(at, batches);
	munmap(at, batches * BATCH * PAGE);
	return NULL;
}

static const char *write_protected(size_t batches)
{
	unsigned char *at = fresh(batches * BATCH);
	pid_t child;

	if (!at)
		return "mmap";
	for (size_t i = 0; i < batches * BATCH; i++)
		at[i * PAGE] = 1;
	child = fork();
	if (child < 0)
		return "fork";
	if (child == 0)
		for (;;)
			pause();
	store_batches(at, batches);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap(at, batches * BATCH * PAGE);
	return NULL;
}

static const char *mergeable(size_t pages)
{
	if (areas || pages == 0 || 2 * pages % BATCH != 0) {
		errno = EINVAL;
		return "mergeable: once, and whole batches";
	}
	areas = fresh(2 * pages);
	if (!areas)
		return "mmap";
	area_pages = pages;
	return madvise(areas, 2 * pages * PAGE, MADV_MERGEABLE) ? "madvise(MADV_MERGEABLE)" : NULL;
}

static void fill(uint64_t seed)
{
	for (size_t i = 0; i < 2 * area_pages; i++)
		for (size_t at = 0; at < PAGE; at += 8)
			*(uint64_t *)(areas + i * PAGE + at) = mix(mix(seed) + i % area_pages * PAGE + at);
}

static void answer(const char *failed, size_t batches)
{
	if (failed) {
		printf("err %s: %s\n", failed, strerror(errno));
		return;
	}
	printf("ok");
	for (size_t b = 0; b < batches; b++)
		printf(" %lld", spent[b]);
	printf("\n");
}

int main(void)
{
	char line[128], verb[16];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin)) {
		unsigned long long n = 0;
		const char *failed = NULL;
		size_t batches = 0;

		errno = 0;
		if (sscanf(line, "%15s %llu", verb, &n) < 1)
			continue;
		if (!strcmp(verb, "pin")) {
			cpu_set_t cpus;

			CPU_ZERO(&cpus);
			CPU_SET(n, &cpus);
			failed = sched_setaffinity(0, sizeof cpus, &cpus) ? "sched_setaffinity" : NULL;
		} else if (!strcmp(verb, "mergeable")) {
			failed = mergeable(n);
		} else if (!strcmp(verb, "fill")) {
			fill(n);
		} else if (!strcmp(verb, "break") && 2 * area_pages / BATCH <= MOST_BATCHES) {
			batches = 2 * area_pages / BATCH;
			store_batches(areas, batches);
		} else if (n == 0 || n > MOST_BATCHES) {
			failed = "unknown command, or too many batches";
		} else if (!strcmp(verb, "touch")) {
			failed = touch(batches = n);
		} else if (!strcmp(verb, "wp")) {
			failed = write_protected(batches = n);
		} else {
			failed = "unknown command";
		}
		answer(failed, batches);
	}
	return 0;
}
