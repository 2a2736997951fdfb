/*
 * A guest of the bake-off: a process with mergeable memory whose content is a function of time. It follows that function
 * by itself, on the clock of the window; the bench tells it the function before, one command a line on stdin, one answer
 * a line on stdout (`ok ...` or `err WHAT: ERRNO`). It ends when stdin closes, and is called what argv[0] says.
 *
 *   seed SEED GUEST               what all contents are made from; GUEST: number of this guest, for pages of its own
 *   map AREA PAGES                private anonymous memory, mergeable, nothing in it
 *   ramp AREA FROM COUNT START MS CONTENT
 *                                 the pages get their content one after the other, beginning START, for MS milliseconds
 *   cycle AREA FROM COUNT START PERIOD LOW HIGH CHOICE LIBRARY PAGES
 *                                 each page gets content anew every PERIOD, not before START: for a first part of it, LOW to
 *                                 HIGH long, a page of a library of so many PAGES, then content of its own. The pages' turns
 *                                 are spread evenly. CHOICE: guests of one choice take the same page at the same time
 *   at TIME                       makes all memory as it is at that time, and waits for it
 *   begin NANOSECONDS             from now on follows CLOCK_MONOTONIC; time 0 is then
 *   work                          begins to do the timed work that `rate` tells of; not mergeable
 *   rate                          ok TIMES NANOSECONDS: how often it was done and how long that took, from when it was due
 *
 * Times are in milliseconds, on the scale of the window, before it below 0. Laws of one page come in the order of time.
 * CONTENT: `own` (no other page has it), `zero`, or a number: a library; page i of the law gets page i of the library.
 *
 * Build: cc -O1 -pthread -o guest guest.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, AREAS = 16, LAWS = 32, TICK = 50, WORK_EVERY = 20, WORK_PAGES = 48, TABLE = 1 << 15 };
#define NEVER INT64_MAX
#define MS 1000000ll

struct area {
	unsigned char *base;
	size_t pages;
};

struct law {
	unsigned char *base;
	int64_t count, start;
	enum { OWN, ZERO, LIBRARY, CYCLE } kind;
	uint64_t library, own;
	/* ramp */
	int64_t ms, done;
	/* cycle */
	int64_t period, low, high, pages;
	uint32_t choice;
	int64_t *states; /* twice the turn, and 1 for content of its own */
};

static struct area areas[AREAS];
static struct law laws[LAWS];
static size_t law_count;
static uint64_t seed, guest;
static int64_t begun; /* nanoseconds; 0: not yet */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static int64_t work_times, work_ns;

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static void fill(unsigned char *page, uint64_t from)
{
	for (size_t i = 0; i < PAGE; i += 8)
		*(volatile uint64_t *)(page + i) = mix(from + i);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* laws.ts has the same three, to the bit. */
static uint32_t scatter(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t x = a ^ b * 0x9e3779b1u ^ c * 0x85ebca77u;

	x = (x ^ (x >> 16)) * 0x85ebca6bu;
	x = (x ^ (x >> 13)) * 0xc2b2ae35u;
	return x ^ (x >> 16);
}

static int64_t life(const struct law *l, int64_t page)
{
	return l->low + (int64_t)((uint32_t)page * 2654435761u) % (l->high - l->low + 1);
}

static int64_t turn(const struct law *l, int64_t page, int64_t time, int64_t *into)
{
	int64_t t = time + page * l->period / l->count, n = t / l->period - (t % l->period < 0);

	*into = t - n * l->period;
	return n;
}

/* The time at which a law wants to be looked at again. */
static int64_t follow_ramp(struct law *l, int64_t time)
{
	int64_t due = time < l->start ? 0 : l->ms <= 0 ? l->count : (time - l->start) * l->count / l->ms;

	if (due > l->count)
		due = l->count;
	for (; l->done < due; l->done++) {
		unsigned char *page = l->base + l->done * PAGE;

		if (l->kind == ZERO)
			memset(page, 0, PAGE);
		else
			fill(page, (l->kind == OWN ? l->own : l->library) + (uint64_t)l->done * PAGE);
	}
	return l->done == l->count ? NEVER : time < l->start ? l->start : time;
}

static int64_t follow_cycle(struct law *l, int64_t time)
{
	if (time < l->start)
		return l->start;
	for (int64_t page = 0; page < l->count; page++) {
		int64_t into, n = turn(l, page, time, &into), state = 2 * n + (into >= life(l, page));

		if (state == l->states[page])
			continue;
		l->states[page] = state;
		if (state & 1)
			fill(l->base + page * PAGE, mix(l->own + (uint64_t)n) + (uint64_t)page * PAGE);
		else
			fill(l->base + page * PAGE,
			     l->library + (uint64_t)(scatter(l->choice, (uint32_t)page, (uint32_t)n) % l->pages) * PAGE);
	}
	return time;
}

static int64_t follow(int64_t time)
{
	int64_t next = NEVER;

	for (size_t i = 0; i < law_count; i++) {
		int64_t want = laws[i].kind == CYCLE ? follow_cycle(&laws[i], time) : follow_ramp(&laws[i], time);

		if (want < next)
			next = want;
	}
	return next;
}

static void *live(void *none)
{
	pthread_mutex_lock(&lock);
	for (;;) {
		int64_t time = (now() - begun) / MS, next = follow(time);

		if (next == NEVER) {
			pthread_cond_wait(&changed, &lock);
			continue;
		}
		time = (time / TICK + 1) * TICK;
		next = begun + (next > time ? next : time) * MS;
		struct timespec wake = {next / 1000000000ll, next % 1000000000ll};
		pthread_cond_timedwait(&changed, &lock, &wake);
	}
	return none;
}

/* What a guest's kernel and programs do all the time: new memory, and steps from word to word through old. */
static uint32_t work(uint32_t *table, uint32_t at)
{
	unsigned char *fresh = mmap(NULL, WORK_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fresh == MAP_FAILED)
		return at;
	madvise(fresh, WORK_PAGES * PAGE, MADV_NOHUGEPAGE);
	for (int i = 0; i < WORK_PAGES; i++)
		fresh[i * PAGE] = (unsigned char)at;
	munmap(fresh, WORK_PAGES * PAGE);
	for (int i = 0; i < TABLE / 4; i++)
		at = table[at % TABLE] += at + 1;
	return at;
}

static void *work_on(void *none)
{
	uint32_t *table = calloc(TABLE, sizeof *table), at = 1;
	int64_t due = now();

	if (!table)
		return none;
	for (int i = 0; i < TABLE; i++)
		table[i] = scatter(i, 0, 0);
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		int64_t done;

		due += WORK_EVERY * MS;
		struct timespec wake = {due / 1000000000ll, due % 1000000000ll};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
		at = work(table, at);
		done = now();
		pthread_mutex_lock(&lock);
		work_times++;
		work_ns += done - due;
		pthread_mutex_unlock(&lock);
		if (done > due + WORK_EVERY * MS)
			due = done;
	}
	return none;
}

static const char *start(void *(*thread)(void *))
{
	pthread_t id;
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 * 1024);
	return pthread_create(&id, &small, thread, NULL) ? "pthread_create" : NULL;
}

static const char *map(size_t area, size_t pages)
{
	struct area *a = &areas[area];

	if (area >= AREAS || a->base || pages < 1)
		return "map: area taken, or not AREA PAGES";
	a->base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->base == MAP_FAILED)
		return "mmap";
	a->pages = pages;
	madvise(a->base, pages * PAGE, MADV_NOHUGEPAGE);
	return madvise(a->base, pages * PAGE, MADV_MERGEABLE) ? "madvise(MADV_MERGEABLE)" : NULL;
}

static uint64_t library(uint64_t number)
{
	return mix(mix(seed) + number);
}

static const char *add(size_t area, int64_t from, struct law l)
{
	if (area >= AREAS || from < 0 || l.count < 1 || (size_t)(from + l.count) > areas[area].pages)
		return "no such area or pages";
	if (law_count == LAWS)
		return "too many laws";
	l.base = areas[area].base + from * PAGE;
	l.own = mix(mix(seed) + ((guest + 1) << 32) + law_count);
	laws[law_count++] = l;
	return NULL;
}

static const char *ramp(const char *line)
{
	struct law l = {.kind = LIBRARY};
	size_t area;
	int64_t from;
	char content[24];

	if (sscanf(line, "%*s %zu %ld %ld %ld %ld %23s", &area, &from, &l.count, &l.start, &l.ms, content) != 6)
		return "ramp: not AREA FROM COUNT START MS CONTENT";
	if (!strcmp(content, "own"))
		l.kind = OWN;
	else if (!strcmp(content, "zero"))
		l.kind = ZERO;
	else
		l.library = library(strtoull(content, NULL, 10));
	return add(area, from, l);
}

static const char *cycle(const char *line)
{
	struct law l = {.kind = CYCLE};
	size_t area;
	int64_t from;
	uint64_t number;

	if (sscanf(line, "%*s %zu %ld %ld %ld %ld %ld %ld %u %lu %ld", &area, &from, &l.count, &l.start, &l.period, &l.low,
		   &l.high, &l.choice, &number, &l.pages) != 10 ||
	    l.count < 1 || l.period < 1 || l.low < 0 || l.high < l.low || l.pages < 1)
		return "cycle: not AREA FROM COUNT START PERIOD LOW HIGH CHOICE LIBRARY PAGES";
	l.library = library(number);
	l.states = malloc((size_t)l.count * sizeof *l.states);
	if (!l.states)
		return "malloc";
	for (int64_t i = 0; i < l.count; i++)
		l.states[i] = INT64_MIN;
	return add(area, from, l);
}

static const char *obey(const char *line)
{
	char verb[16];
	int64_t number = 0, second = 0;

	sscanf(line, "%15s %ld %ld", verb, &number, &second);
	if (!strcmp(verb, "seed"))
		return seed = (uint64_t)number, guest = (uint64_t)second, NULL;
	if (!strcmp(verb, "map"))
		return map((size_t)number, (size_t)second);
	if (!strcmp(verb, "ramp"))
		return ramp(line);
	if (!strcmp(verb, "cycle"))
		return cycle(line);
	if (!strcmp(verb, "at"))
		return follow(number), NULL;
	if (!strcmp(verb, "begin")) {
		if (begun)
			return "begun already";
		begun = number;
		return start(live);
	}
	if (!strcmp(verb, "work"))
		return start(work_on);
	return strcmp(verb, "rate") ? "unknown command" : NULL;
}

int main(int argc, char **argv)
{
	char line[256], name[16];
	pthread_condattr_t monotonic;

	snprintf(name, sizeof name, "%s", argc > 0 ? argv[0] : "guest");
	prctl(PR_SET_NAME, name);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &monotonic);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin)) {
		const char *failed;

		errno = 0;
		pthread_mutex_lock(&lock);
		failed = obey(line);
		if (failed)
			printf("err %s: %s\n", failed, strerror(errno));
		else
			printf("ok %ld %ld\n", work_times, work_ns);
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&lock);
	}
	return 0;
}
