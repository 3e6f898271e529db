/* in_memory.c - see in_memory.h. */
#include "support/in_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

size_t in_memory(pid_t pid, const char *what)
{
	enum { PIECE = 1 << 20 };
	char path[64], line[512], *piece = mem_take(PIECE, 1);
	size_t found = 0, n = strlen(what);
	FILE *maps, *mem;

	(void)snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	(void)snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	mem = fopen(path, "r");
	assert_true(maps && mem && piece);
	while (fgets(line, sizeof line, maps)) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx rw", &from, &to) != 2 || !strstr(line, " rw"))
			continue;
		for (unsigned long at = from; at < to; at += PIECE - n) {
			size_t got;

			if (fseeko(mem, (off_t)at, SEEK_SET))
				break;
			got = fread(piece, 1, to - at < PIECE ? to - at : PIECE, mem);
			for (char *p = piece; (p = memmem(p, got - (size_t)(p - piece), what, n));
			     p++)
				found++;
		}
	}
	fclose(maps);
	fclose(mem);
	mem_drop(piece);
	return found;
}
