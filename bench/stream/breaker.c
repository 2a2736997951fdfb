/*
 * Breaks KSM pages at known times.
 *
 *   breaker PAGES PERIOD_US
 *
 * Two mergeable areas: page i of the one is like page i of the other, and like no other page. Prints `ready`, waits for a
 * line on stdin, then writes one page of the first area every PERIOD_US: each write is one COW break, of a page that will
 * not merge again. Prints the time of each, microseconds since the epoch, one a line, and `done`.
 *
 * Build: cc -O1 -o breaker breaker.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

static int64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static unsigned char *area(size_t pages)
{
	unsigned char *base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || (madvise(base, pages * PAGE, MADV_NOHUGEPAGE) && errno != EINVAL) ||
	    madvise(base, pages * PAGE, MADV_MERGEABLE)) {
		perror("mergeable memory");
		exit(1);
	}
	for (size_t page = 0; page < pages; page++)
		*(uint64_t *)(base + page * PAGE) = page + 1;
	return base;
}

int main(int argc, char **argv)
{
	size_t pages = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	int64_t period = argc == 3 ? atoll(argv[2]) * 1000 : 0, *times, start;
	unsigned char *written;

	if (!pages || !period)
		return fprintf(stderr, "usage: breaker PAGES PERIOD_US\n"), 2;
	times = malloc(pages * sizeof *times);
	if (!times)
		return perror("malloc"), 1;
	written = area(pages);
	area(pages);
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	start = now(CLOCK_MONOTONIC);
	for (size_t page = 0; page < pages; page++) {
		int64_t due = start + (int64_t)page * period;
		struct timespec until = {due / 1000000000, due % 1000000000};

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
			;
		times[page] = now(CLOCK_REALTIME);
		*(uint64_t *)(written + page * PAGE) = ~(uint64_t)page;
	}
	for (size_t page = 0; page < pages; page++)
		printf("%lld\n", (long long)(times[page] / 1000));
	puts("done");
	return 0;
}
