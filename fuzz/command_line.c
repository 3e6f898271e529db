/*
 * command_line.c - any words to the program: it must answer 0, 1 or 2, and never fall.
 *
 * The input is one word a line up to the first empty line; what follows is the file f.csv. The
 * program runs in a folder of its own, in which lie v.csv, c.csv, o.csv, n.csv, p.json and a
 * sealed folder d, made anew for each input. Words with a slash are left out, so that nothing is
 * written elsewhere, and so are the verbs that take seconds.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { WORDS_MAX = 40, WORD_BYTES_MAX = 4096 };

static char folder[64];
static int home = -1; /* the folder we were called in: only a run leaves it */

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void put(const char *name, const void *p, size_t n)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return; /* the words before made a folder of that name */
	must(write(fd, p, n) == (ssize_t)n);
	must(close(fd) == 0);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static void put_inputs(void)
{
	put_text("v.csv", "person,place,from,to,kind,seat,role\n"
			  "A,x,2021-07-22T10:00,2021-07-22T12:00,office,1A,\n"
			  "B,x,2021-07-22T11:00,,office,2B,crew\n"
			  "B,y,2021-07-23,2021-07-24,,,\n"
			  "C,y,2021-07-23T09:00,2021-07-23T10:00,,,\n");
	put_text("c.csv", "case,person,from,to\n1,A,2021-07-20,2021-07-30\n2,C,2021-07-20,\n");
	put_text("o.csv",
		 "person,onset,positive,isolated\nA,2021-07-24,,2021-07-26\nC,,2021-07-25,\n");
	put_text("n.csv", "a,b,from,to,kind\nA,D,,,\nC,A,2021-07-22,2021-07-23,infected\n");
	put_text("p.json", "{\"profiles\":[]}");
}

/* Remove what the last words made, one folder deep. */
static void sweep(const char *path, bool keep_sealed)
{
	DIR *d = opendir(path);
	const struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		char inner[400];

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    (keep_sealed && strcmp(e->d_name, "d") == 0))
			continue;
		snprintf(inner, sizeof(inner), "%s/%s", path, e->d_name);
		if (unlink(inner) != 0) {
			sweep(inner, false);
			rmdir(inner);
		}
	}
	closedir(d);
}

static void gone(void)
{
	sweep(folder, false);
	rmdir(folder);
}

/* Run with standard output thrown away. */
static int run(int n, char *const *words)
{
	int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY), code;

	must(out >= 0 && null >= 0 && dup2(null, STDOUT_FILENO) >= 0);
	code = cli_run(n, words);
	must(dup2(out, STDOUT_FILENO) >= 0);
	close(null);
	close(out);
	return code;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(folder, sizeof(folder), "%s/outpost-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(folder) != NULL);
	home = open(".", O_RDONLY | O_DIRECTORY);
	must(home >= 0);
	atexit(gone);
	must(freopen("/dev/null", "r", stdin) != NULL);
	stderr = fopen("/dev/null", "w"); /* what is said is not looked at; reports use the fd */
	must(stderr != NULL);
	return 0;
}

/* Cut the words off; false if one of them must not be said. */
static bool take_words(char *text, char **words, int *ret_n)
{
	int n = 1;

	words[0] = (char[]){ "outpost" };
	for (char *word = strtok(text, "\n"); word; word = strtok(NULL, "\n")) {
		if (n == WORDS_MAX || strchr(word, '/') || strstr(word, ".."))
			return false;
		words[n++] = word;
	}
	*ret_n = n;
	return n < 2 || (strcmp(words[1], "demo") != 0 && strcmp(words[1], "bench") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static char *sealing[] = { "outpost", "seal", "--visits", "v.csv", "--out", "d" };
	const uint8_t *end = n > 1 ? memmem(p, n, "\n\n", 2) : NULL;
	size_t n_text = end ? (size_t)(end - p) : n;
	char text[WORD_BYTES_MAX + 1], *words[WORDS_MAX + 1] = { 0 };
	int n_words = 0, code;

	if (n_text > WORD_BYTES_MAX)
		return 0;
	memcpy(text, p, n_text);
	text[n_text] = '\0';
	if (!take_words(text, words, &n_words))
		return 0;
	must(chdir(folder) == 0);
	sweep(folder, true);
	put_inputs();
	if (end)
		put("f.csv", end + 2, n - n_text - 2);
	if (access("d/MANIFEST", F_OK) != 0)
		must(run(6, sealing) == 0);
	code = run(n_words, words);
	must(fchdir(home) == 0);
	must(code == 0 || code == 1 || code == 2);
	return 0;
}
