/*
 * Two areas of one process hold the same pages. KSM merges them or never does, depending on how many full scans lie
 * between the first visits to the one and to the other: see docs/smart-scan.md.
 *
 * For each offset two lines: `later`, the second area comes OFFSET full scans after the first, with the same content;
 * `aged`, both are AGE full scans old and more when they are written and so become equal. Counted: full scans since then.
 *
 *   cc -O1 -o smart-scan bench/smart-scan.c && ./smart-scan [PAGES=5000] [LAST_OFFSET=9]      (root; nothing else in KSM)
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define KSM "/sys/kernel/mm/ksm/"
enum { PAGE = 4096, AGE = 32, WATCH = 45, SLOTS = 6 };

static const char *const knobs[] = {"pages_to_scan", "sleep_millisecs", "smart_scan", "run"};
static const int marks[SLOTS] = {2, 4, 9, 14, 23, WATCH};
static size_t pages = 5000;
static long naps = 1000000; /* ms: ksmd sleeps until the value changes */

static long get(const char *name)
{
	char path[96], text[64] = "";
	FILE *file;

	snprintf(path, sizeof path, KSM "%s", name);
	file = fopen(path, "r");
	if (!file || !fgets(text, sizeof text, file))
		perror(path), exit(1);
	fclose(file);
	return atol(text);
}

static void set(const char *name, long value)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof path, KSM "%s", name);
	file = fopen(path, "w");
	if (!file || fprintf(file, "%ld", value) < 0 || fclose(file))
		perror(path), exit(1);
}

/* One full scan: pages_to_scan is larger than all there is, and a batch ends where the full scan ends. */
static void full_scan(void)
{
	long before = get("full_scans"), waited = 0;

	set("sleep_millisecs", ++naps);
	while (get("full_scans") == before)
		if (usleep(500), ++waited > 60000)
			fprintf(stderr, "ksmd does not scan\n"), exit(1);
	set("run", 1); /* waits for the end of the batch ... */
	usleep(5000);  /* ... after which ksmd goes to sleep */
	if (get("full_scans") != before + 1)
		fprintf(stderr, "ksmd did more than one full scan\n"), exit(1);
}

static void fill(unsigned char *area, unsigned seed)
{
	for (size_t page = 0; page < pages; page++)
		for (size_t at = 0; at < PAGE; at += 4)
			*(unsigned *)(area + page * PAGE + at) = (seed + page) * 2654435761u + at;
}

static unsigned char *map(size_t count)
{
	void *area = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED || madvise(area, count * PAGE, MADV_NOHUGEPAGE))
		perror("mmap"), exit(1);
	return area;
}

static void merge(unsigned char *area, size_t count)
{
	if (madvise(area, count * PAGE, MADV_MERGEABLE))
		perror("MADV_MERGEABLE"), exit(1);
}

static void observe(int offset, int aged)
{
	unsigned char *ticker = map(1), *old = map(pages), *young = map(pages);
	long last = 0;

	*ticker = 1; /* ksmd rests when there is nothing to scan */
	merge(ticker, 1);
	set("run", 1);
	usleep(200000); /* whatever was under way ends */
	full_scan(), full_scan();
	fill(old, 1);
	merge(old, pages);
	fill(young, aged ? 100000000 : 1);
	for (int scan = 0; scan < offset; scan++)
		full_scan();
	merge(young, pages);
	if (aged) {
		for (int scan = 0; scan < AGE; scan++)
			full_scan();
		fill(old, 200000000);
		fill(young, 200000000);
	}
	printf("%-6s %6d", aged ? "aged" : "later", offset);
	for (int scan = 1, mark = 0; scan <= WATCH; scan++) {
		full_scan();
		if (scan == marks[mark])
			printf(" %6ld", last = get("pages_sharing")), mark++;
	}
	set("smart_scan", 0);
	full_scan();
	printf(" %9ld", get("pages_sharing"));
	full_scan();
	printf(" %9ld%s\n", get("pages_sharing"), last == 0 ? "   never met" : "");
}

int main(int argc, char **argv)
{
	int last = argc > 2 ? atoi(argv[2]) : 9, status = 0;
	long found[4];

	if (argc > 1)
		pages = strtoul(argv[1], NULL, 10);
	for (int i = 0; i < 4; i++)
		found[i] = get(knobs[i]);
	signal(SIGINT, SIG_IGN);
	printf("%zu pages and their copies: pages_sharing after full scans\n%-6s %6s", pages, "copies", "offset");
	for (int i = 0; i < SLOTS; i++)
		printf(" %6d", marks[i]);
	printf(" %9s %9s\n", "off, +1", "off, +2");
	for (int row = 0; row < 2 * (last + 1) && status == 0; row++) {
		set("run", 0);
		set("smart_scan", 1);
		set("pages_to_scan", 1000000000);
		set("sleep_millisecs", ++naps);
		fflush(stdout);
		pid_t child = fork();
		if (child == 0) {
			signal(SIGINT, SIG_DFL);
			observe(row % (last + 1), row > last);
			exit(0);
		}
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		naps += 1000; /* the child's steps changed it too */
	}
	for (int i = 0; i < 4; i++)
		set(knobs[i], found[i]);
	return status != 0;
}
