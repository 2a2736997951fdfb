/*
 * Many small guests: processes with mergeable memory and the command line of a QEMU.
 *
 *   guests run PROGRAM COUNT KIB FIRST   starts COUNT of them, named from FIRST up; prints `ready` once all have filled their memory; they end with
 *                                        it, and it ends when stdin closes
 *
 * PROGRAM is this binary under the name that the guests are to have (qemu-system-x86_64). Half of a guest's pages are the
 * same in all guests, the rest are its own. Once a second it writes one page of the first half, and does not change it:
 * where that page is merged it is copied, and merged again later.
 *
 * Build: cc -O1 -o guests guests.c
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, READY_FD = 3 };

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void guest(long number, long kib)
{
	size_t pages = (size_t)kib * 1024 / PAGE, shared = pages / 2;
	unsigned char *base = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		fail("mmap");
	/* A kernel without huge pages has none to refuse. */
	madvise(base, pages * PAGE, MADV_NOHUGEPAGE);
	if (madvise(base, pages * PAGE, MADV_MERGEABLE))
		fail("MADV_MERGEABLE");
	for (size_t page = 0; page < pages; page++) {
		uint64_t *words = (uint64_t *)(base + page * PAGE);

		words[0] = page + 1;
		words[1] = page < shared ? 0 : (uint64_t)number;
	}
	if (write(READY_FD, "", 1) != 1)
		fail("ready");
	close(READY_FD);
	/* Not all in the same moment. */
	usleep((useconds_t)(number % 1000) * 1000);
	for (size_t at = 0;; at = (at + 1) % (shared ? shared : 1)) {
		volatile uint64_t *word = (volatile uint64_t *)(base + at * PAGE);

		*word = *word;
		sleep(1);
	}
}

static void start(const char *program, long number, const char *kib)
{
	char name[64], count[32];
	char *args[] = {"qemu-system-x86_64", "-name", name, "-machine", "pc", "guest", count, (char *)kib, NULL};

	snprintf(name, sizeof name, "guest=bench-%ld,debug-threads=on", number);
	snprintf(count, sizeof count, "%ld", number);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		fail("prctl");
	execv(program, args);
	fail("execv");
}

int main(int argc, char **argv)
{
	int ready[2];
	char byte;

	if (argc == 8 && !strcmp(argv[5], "guest"))
		guest(atol(argv[6]), atol(argv[7]));
	if (argc != 6 || strcmp(argv[1], "run")) {
		fprintf(stderr, "usage: guests run PROGRAM COUNT KIB FIRST\n");
		return 2;
	}
	if (pipe(ready))
		fail("pipe");
	for (long number = 1; number <= atol(argv[3]); number++) {
		pid_t pid = fork();

		if (pid < 0)
			fail("fork");
		if (pid == 0) {
			/* pipe() gave 3 and 4, so that nothing is hidden by this. */
			if (ready[1] != READY_FD && dup2(ready[1], READY_FD) < 0)
				fail("dup2");
			if (ready[1] != READY_FD)
				close(ready[1]);
			close(STDIN_FILENO);
			start(argv[2], atol(argv[5]) + number - 1, argv[4]);
		}
	}
	close(ready[1]);
	for (long number = 0; number < atol(argv[3]); number++)
		if (read(ready[0], &byte, 1) != 1)
			fprintf(stderr, "a guest ended\n"), exit(1);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	/* The guests end with this process (PR_SET_PDEATHSIG). */
	return 0;
}
