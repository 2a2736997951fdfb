/*
 * Takes the tracepoint programs out of a running bpftrace and attaches and detaches them at will, within milliseconds
 * instead of bpftrace's second: so that faults with and without a program can be timed in alternation. One command a line on
 * stdin, one answer a line on stdout (`ok ...` or `err WHAT: ERRNO`), ends when stdin closes, and with it all that it holds.
 *
 *   take PID           holds the programs that process PID has attached to tracepoints, also after PID has ended:
 *                      ok PROGRAM:TRACEPOINT ...   (the kernel's program id, the tracepoint without its category)
 *   attach PROGRAM ID [heard]
 *                      to the tracepoint with this id (tracefs, events/CATEGORY/TRACEPOINT/id): ok. The program runs on all
 *                      CPUs. `heard`: its perf event is enabled, as bpftrace leaves it, and so takes each event on CPU 0
 *   detach             everything that was attached: ok
 *   info PROGRAM       ok RUN_NS RUNS XLATED_BYTES JITED_BYTES
 *   stats on|off       whether the kernel counts RUN_NS and RUNS, of all programs; off again when this process ends: ok
 *   drop               lets go of all programs: ok
 *
 * Build: cc -O1 -o programs programs.c
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 256 };

static struct {
	uint32_t id;
	int fd;
} programs[MOST];
static int events[MOST], n_programs, n_events, stats = -1;

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof *attr);
}

static int program_fd(uint32_t id)
{
	union bpf_attr attr = {.prog_id = id};

	for (int i = 0; i < n_programs; i++)
		if (programs[i].id == id)
			return programs[i].fd;
	if (n_programs == MOST) {
		errno = E2BIG;
		return -1;
	}
	programs[n_programs].fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (programs[n_programs].fd < 0)
		return -1;
	programs[n_programs].id = id;
	return programs[n_programs++].fd;
}

/* Every open file of the process is asked; those that are no perf event answer ENOTSUPP, EINVAL or such. */
static const char *take(int pid)
{
	char path[64];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	folder = opendir(path);
	if (!folder)
		return "/proc/PID/fd";
	printf("ok");
	while ((entry = readdir(folder))) {
		char name[64] = "";
		union bpf_attr attr = {.task_fd_query = {
			.pid = pid, .fd = atoi(entry->d_name), .buf_len = sizeof name, .buf = (uintptr_t)name}};

		if (entry->d_name[0] == '.' || bpf(BPF_TASK_FD_QUERY, &attr))
			continue;
		if (attr.task_fd_query.fd_type != BPF_FD_TYPE_TRACEPOINT || program_fd(attr.task_fd_query.prog_id) < 0)
			continue;
		printf(" %u:%s", attr.task_fd_query.prog_id, name);
	}
	closedir(folder);
	printf("\n");
	return NULL;
}

static const char *attach(uint32_t program, uint64_t tracepoint, int heard)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof attr,
		.config = tracepoint,
		.sample_period = 1,
		.disabled = 1,
	};
	int fd, of = program_fd(program);

	if (of < 0)
		return "no such program";
	/* A perf event wants a CPU; the program hangs on the tracepoint itself and runs on all, be the event enabled or not. */
	fd = n_events < MOST ? syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC) : -1;
	if (fd < 0)
		return "perf_event_open";
	events[n_events++] = fd;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, of))
		return "PERF_EVENT_IOC_SET_BPF";
	return heard && ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) ? "PERF_EVENT_IOC_ENABLE" : NULL;
}

static const char *info(uint32_t program)
{
	struct bpf_prog_info told = {0};
	union bpf_attr attr = {0};
	int fd = program_fd(program);

	if (fd < 0)
		return "no such program";
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof told;
	attr.info.info = (uintptr_t)&told;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		return "BPF_OBJ_GET_INFO_BY_FD";
	printf("ok %llu %llu %u %u\n", (unsigned long long)told.run_time_ns, (unsigned long long)told.run_cnt,
	       told.xlated_prog_len, told.jited_prog_len);
	return NULL;
}

static const char *switch_stats(int on)
{
	union bpf_attr attr = {.enable_stats = {.type = BPF_STATS_RUN_TIME}};

	if (stats >= 0)
		close(stats);
	stats = on ? bpf(BPF_ENABLE_STATS, &attr) : -1;
	return on && stats < 0 ? "BPF_ENABLE_STATS" : NULL;
}

static void detach(void)
{
	while (n_events > 0)
		close(events[--n_events]);
}

static void drop(void)
{
	while (n_programs > 0)
		close(programs[--n_programs].fd);
}

int main(void)
{
	char line[128], verb[16], word[16];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin)) {
		unsigned long long first = 0, second = 0;
		const char *failed = NULL;
		int answered = 0;

		errno = 0;
		if (sscanf(line, "%15s", verb) != 1)
			continue;
		sscanf(line, "%*s %llu %llu", &first, &second);
		if (!strcmp(verb, "take")) {
			failed = take(first);
			answered = !failed;
		} else if (!strcmp(verb, "attach")) {
			failed = attach(first, second, sscanf(line, "%*s %*u %*u %15s", word) == 1);
		} else if (!strcmp(verb, "detach")) {
			detach();
		} else if (!strcmp(verb, "info")) {
			failed = info(first);
			answered = !failed;
		} else if (!strcmp(verb, "stats")) {
			failed = switch_stats(sscanf(line, "%*s %15s", word) == 1 && !strcmp(word, "on"));
		} else if (!strcmp(verb, "drop")) {
			detach();
			drop();
		} else {
			failed = "unknown command";
		}
		if (failed)
			printf("err %s: %s\n", failed, strerror(errno));
		else if (!answered)
			printf("ok\n");
	}
	return 0;
}
