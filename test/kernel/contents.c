/*
 * A process whose memory holds what the command line says, for tests of what looks at contents. It answers each line on
 * stdin with `ok ADDRESS PAGES`, and ends when stdin closes. Parts, one after the other in one private area:
 *
 *   unique:PAGES              content that no other page has, of any process
 *   zero:PAGES
 *   group:GROUPS:COPIES:SEED  so many contents, each so often; equal in all processes with this SEED
 *   alike:GROUPS:SIZE:COPIES:SEED
 *                             groups of SIZE contents that differ in one word of 8 bytes only, each so often
 *   untouched:PAGES           nothing there
 *   huge                      (anywhere) ask for transparent huge pages instead of none
 *   offer                     (anywhere) MADV_MERGEABLE
 *   fork                      (anywhere) a child that shares it all, and ends with this process
 *
 * Build: cc -O1 -o contents contents.c
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

enum { PAGE = 4096, HUGE_PAGE = 2 << 20 };

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static void fill(unsigned char *page, uint64_t seed)
{
	uint64_t state = mix(seed);

	for (size_t i = 0; i < PAGE; i += 8)
		*(uint64_t *)(page + i) = state = state * 6364136223846793005 + 1442695040888963407;
}

/* Fills a part, or with at == NULL only tells how many pages it has. */
static size_t part(const char *spec, unsigned char *at)
{
	unsigned long long a = 0, b = 0, c = 0, d = 0, own = 0, n = 0;

	if (sscanf(spec, "unique:%llu", &a) == 1) {
		if (at && getrandom(&own, sizeof own, 0) != sizeof own)
			exit(1);
		for (; at && n < a; n++)
			fill(at + n * PAGE, own + n);
		return a;
	}
	if (sscanf(spec, "zero:%llu", &a) == 1) {
		if (at)
			memset(at, 0, a * PAGE);
		return a;
	}
	if (sscanf(spec, "untouched:%llu", &a) == 1)
		return a;
	if (sscanf(spec, "group:%llu:%llu:%llu", &a, &b, &d) == 3) {
		for (; at && n < a * b; n++)
			fill(at + n * PAGE, mix(d) + n / b);
		return a * b;
	}
	if (sscanf(spec, "alike:%llu:%llu:%llu:%llu", &a, &b, &c, &d) == 4) {
		for (; at && n < a * b * c; n++) {
			fill(at + n * PAGE, mix(~d) + n / (b * c));
			*(uint64_t *)(at + n * PAGE + 1024) = n / c;
		}
		return a * b * c;
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t pages = 0, done = 0, length;
	int huge = 0, offer = 0, forks = 0;
	unsigned char *area;
	char line[64];

	for (int i = 1; i < argc; i++) {
		huge |= !strcmp(argv[i], "huge");
		offer |= !strcmp(argv[i], "offer");
		forks |= !strcmp(argv[i], "fork");
		pages += part(argv[i], NULL);
	}
	length = pages * PAGE + (huge ? HUGE_PAGE : 0);
	area = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return 1;
	if (huge)
		area = (void *)(((uintptr_t)area + HUGE_PAGE - 1) & -(uintptr_t)HUGE_PAGE);
	madvise(area, pages * PAGE, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	for (int i = 1; i < argc; i++)
		done += part(argv[i], area + done * PAGE);
	if (offer && madvise(area, pages * PAGE, MADV_MERGEABLE))
		return 1;
	if (forks && fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin))
		printf("ok %lu %zu\n", (unsigned long)area, pages);
	return 0;
}
