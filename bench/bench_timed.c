/*
 * bench_timed.c - run a command and say how long it took and how much memory it held at most.
 *
 *     bench_timed SYSTEM NAME COMMAND [ARGUMENT ...]
 *
 * Prints the figures NAME_s and NAME_peak_mib. What the command says on stdout goes to stderr,
 * so that only figures leave here; its exit code becomes ours.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

#include "base/ban.h"

enum { EXIT_NO_COMMAND = 127, EXIT_KILLED = 128 };

int main(int argc, char **argv)
{
	struct rusage used;
	char name[64];
	int status;

	if (argc < 4) {
		fputs("usage: bench_timed SYSTEM NAME COMMAND [ARGUMENT ...]\n", stderr);
		return 2;
	}
	int64_t start = measure_now_ns();
	pid_t child = fork();
	if (child == 0) {
		if (dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
			execvp(argv[3], argv + 3);
		_exit(EXIT_NO_COMMAND);
	}
	if (child < 0 || wait4(child, &status, 0, &used) != child) {
		fputs("bench_timed: cannot run the command\n", stderr);
		return 3;
	}
	snprintf(name, sizeof(name), "%.40s_s", argv[2]);
	figure_real(argv[1], name, (double)(measure_now_ns() - start) / 1e9);
	snprintf(name, sizeof(name), "%.40s_peak_mib", argv[2]);
	figure_real(argv[1], name, (double)used.ru_maxrss / 1024);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_KILLED + WTERMSIG(status);
}
