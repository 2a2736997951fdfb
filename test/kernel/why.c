/*
 * A process whose memory is of the kinds that keep KSM from merging, for tests of `ksmpilot why`. It answers each line on
 * stdin with `ok`, or with `err WHAT: ERRNO`, and ends when stdin closes. Commands, each of which maps a new area and
 * fills it with pages that all differ:
 *
 *   plain PAGES     private, not offered
 *   shared PAGES    mapped shared
 *   hugetlb PAGES   from the pool of huge pages
 *   churn PAGES     private, MADV_MERGEABLE, and a thread that rewrites all of it over and over
 *   offered PAGES   private, MADV_MERGEABLE; in all processes the same content, page by page
 *   pinned PAGES    the same again, registered with io_uring as buffers
 *
 * Build: cc -O1 -pthread -o why why.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, LARGEST_BUFFER = 1 << 30 };

struct churn {
	unsigned char *base;
	size_t pages;
};

static uint64_t own;

static void fill(unsigned char *base, size_t pages, uint64_t *seed)
{
	uint64_t state = *seed;

	for (size_t at = 0; at < pages * PAGE; at += 8)
		*(uint64_t *)(base + at) = state = state * 6364136223846793005 + 1442695040888963407;
	*seed = state;
}

static void *rewrite(void *given)
{
	struct churn churn = *(struct churn *)given;

	for (;;) {
		for (size_t page = 0; page < churn.pages; page++)
			++*(volatile uint64_t *)(churn.base + page * PAGE);
		usleep(5000);
	}
	return NULL;
}

static const char *pin(unsigned char *base, size_t bytes)
{
	struct io_uring_params params = { 0 };
	int ring = syscall(__NR_io_uring_setup, 1, &params);

	if (ring < 0)
		return "io_uring_setup";
	for (size_t at = 0; at < bytes; at += LARGEST_BUFFER) {
		struct iovec buffer = { base + at, bytes - at < LARGEST_BUFFER ? bytes - at : LARGEST_BUFFER };

		if (syscall(__NR_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1) < 0)
			return "io_uring_register";
	}
	return NULL;
}

static const char *map(const char *kind, size_t pages)
{
	static struct churn churn;
	uint64_t common = 0x6b736d70696c6f74;
	int flags = MAP_ANONYMOUS | (strcmp(kind, "shared") ? MAP_PRIVATE : MAP_SHARED);
	unsigned char *base;
	pthread_t thread;

	if (!strcmp(kind, "hugetlb"))
		flags |= MAP_HUGETLB;
	base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (base == MAP_FAILED)
		return "mmap";
	madvise(base, pages * PAGE, MADV_NOHUGEPAGE);
	fill(base, pages, !strcmp(kind, "offered") || !strcmp(kind, "pinned") ? &common : &own);
	if (!strcmp(kind, "plain") || !strcmp(kind, "shared") || !strcmp(kind, "hugetlb"))
		return NULL;
	if (madvise(base, pages * PAGE, MADV_MERGEABLE))
		return "madvise(MADV_MERGEABLE)";
	if (!strcmp(kind, "pinned"))
		return pin(base, pages * PAGE);
	if (!strcmp(kind, "churn")) {
		churn = (struct churn){ base, pages };
		errno = pthread_create(&thread, NULL, rewrite, &churn);
		return errno ? "pthread_create" : NULL;
	}
	errno = EINVAL;
	return strcmp(kind, "offered") ? "kind" : NULL;
}

int main(void)
{
	char line[256], kind[16];
	size_t pages;

	if (getrandom(&own, sizeof own, 0) != sizeof own)
		return 1;
	while (fgets(line, sizeof line, stdin)) {
		errno = EINVAL;
		const char *failed = sscanf(line, "%15s %zu", kind, &pages) == 2 ? map(kind, pages) : "command";

		if (failed)
			printf("err %s: %s\n", failed, strerror(errno));
		else
			printf("ok\n");
		fflush(stdout);
	}
	return 0;
}
