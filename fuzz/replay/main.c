/*
 * main.c - run a fuzz target over kept inputs, without libFuzzer.
 *
 * Arguments are folders; every plain file in them is one input. A folder that is not there is
 * empty; no input at all is a failure, because then nothing was tested.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
/* Optional in a target. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The input lies in a block of exactly its size, so that reading past it is caught. */
static bool replay_file(const char *path, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);
	FILE *in = fopen(path, "rb");
	bool well = p && in && fread(p, 1, n, in) == n;

	if (in)
		fclose(in);
	if (well)
		LLVMFuzzerTestOneInput(p, n);
	else
		fprintf(stderr, "cannot read %s\n", path);
	free(p);
	return well;
}

static bool replay_folder(const char *folder, size_t *n_inputs)
{
	struct dirent **name = NULL;
	int n = scandir(folder, &name, NULL, alphasort);
	bool well = true;

	for (int i = 0; i < n; i++) {
		char path[4096];
		struct stat st;
		int bytes = snprintf(path, sizeof(path), "%s/%s", folder, name[i]->d_name);

		if (bytes > 0 && (size_t)bytes < sizeof(path) && stat(path, &st) == 0 &&
		    S_ISREG(st.st_mode) && name[i]->d_name[0] != '.') {
			well = replay_file(path, (size_t)st.st_size) && well;
			++*n_inputs;
		}
		free(name[i]);
	}
	free(name);
	return well;
}

int main(int argc, char **argv)
{
	size_t n_inputs = 0;
	bool well = true;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		well = replay_folder(argv[i], &n_inputs) && well;
	printf("%zu inputs replayed\n", n_inputs);
	return well && n_inputs > 0 ? 0 : 1;
}
