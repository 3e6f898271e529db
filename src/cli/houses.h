/*
 * houses.h - what the verbs on a house share.
 */
#ifndef CLI_HOUSES_H
#define CLI_HOUSES_H
#include "cli/cli.h"
#include "serve/house.h"

/* The house of the first operand, without its database yet. */
MUST_CHECK enum err cli_house_find(struct cli *c, struct house **ret);
/* The same with it; `migrate` as house_database. */
MUST_CHECK enum err cli_house_open(struct cli *c, bool migrate, struct house **ret);

enum err cli_init(struct cli *c);
enum err cli_serve(struct cli *c);
enum err cli_check(struct cli *c);
enum err cli_verify(struct cli *c);
enum err cli_fsck(struct cli *c);
enum err cli_expiry(struct cli *c);
enum err cli_user(struct cli *c);
enum err cli_area(struct cli *c);
enum err cli_import(struct cli *c);
enum err cli_export(struct cli *c);
enum err cli_backup(struct cli *c);
enum err cli_restore(struct cli *c);
#endif
