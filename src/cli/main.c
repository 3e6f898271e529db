/* main.c - the program; everything it does is in cli_run, but for the child that reads pictures. */
#include <string.h>

#include "cli/cli.h"
#include "exhibit/picture.h"

#include "base/ban.h"

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], PICTURE_CHILD_WORD) == 0)
		picture_child();
	return cli_run(argc, argv);
}
