/* main.c - the program; everything it does is in cli_run. */
#include "cli/cli.h"

#include "base/ban.h"

int main(int argc, char **argv)
{
	return cli_run(argc, argv);
}
