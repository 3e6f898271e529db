/*
 * paths.c - where results go: over nothing they are made from, and not over one another.
 *
 * A result takes two names, its own and that of the part it is written to until it is whole. A
 * path can be spelled in many ways, so files are compared, and names only of those yet to be.
 */
#include <string.h>

#include "cli/load.h"
#include "table/out.h"

#include "base/ban.h"

static const enum cli_option INS[] = { CLI_CASES, CLI_NAMED, CLI_PROFILE };
static const enum cli_option OUTS[] = { CLI_OUT, CLI_ENCOUNTERS, CLI_REFUSED };
static const enum cli_option FOLDERS[] = { CLI_SEGMENTS, CLI_OUT_DIR };

struct out {
	bool given;
	struct table_place place;
};

static enum err same_file(struct cli *c, enum cli_option out, enum cli_option other)
{
	return fault_set(&c->fault, ERR_USAGE, "%s 与 %s 不能是同一个文件",
			 "%s and %s cannot be the same file", cli_option_word(other),
			 cli_option_word(out));
}

static const char *name_of(const struct table_place *p)
{
	return strcmp(p->path, "-") == 0 ? "/dev/stdout" : p->path;
}

static bool takes(const struct table_place *p, const char *path)
{
	return file_same(name_of(p), path) || (!p->direct && file_same(p->part, path));
}

static bool collide(const struct table_place *a, const struct table_place *b)
{
	if (strcmp(a->path, "-") == 0 && strcmp(b->path, "-") == 0)
		return true;
	return takes(a, name_of(b)) || (!b->direct && takes(a, b->part));
}

/* A file that is read, as the words name it. */
static bool reads(const struct table_place *p, const char *path)
{
	return takes(p, strcmp(path, "-") == 0 ? "/dev/stdin" : path);
}

/* FILE#ID names a file, too. */
static bool reads_profile(const struct table_place *p, const char *value)
{
	const char *hash = strrchr(value, '#');
	char path[PATH_MAX];

	if (reads(p, value) || !hash || (size_t)(hash - value) >= sizeof path)
		return reads(p, value);
	memcpy(path, value, (size_t)(hash - value));
	path[hash - value] = '\0';
	return reads(p, path);
}

static enum err check_ins(struct cli *c, enum cli_option out, const struct table_place *p)
{
	for (size_t i = 0; i < ARRAY_LEN(INS); i++) {
		const char *path = c->args.text[INS[i]];

		if (path && (INS[i] == CLI_PROFILE ? reads_profile(p, path) : reads(p, path)))
			return same_file(c, out, INS[i]);
	}
	for (size_t i = 0; i < c->args.n_visits; i++)
		if (reads(p, c->args.visits[i]))
			return same_file(c, out, CLI_VISITS);
	for (size_t i = 0; i < ARRAY_LEN(FOLDERS); i++) {
		const char *dir = c->args.text[FOLDERS[i]];

		if (dir && !p->direct && file_lies_in(p->path, dir))
			return fault_set(&c->fault, ERR_USAGE, "%s 不能放在 %s 的文件夹里",
					 "%s cannot lie in the folder of %s", cli_option_word(out),
					 cli_option_word(FOLDERS[i]));
	}
	return OK;
}

/* Standard output is a result's place also when nobody says so. */
static const char *path_of(const struct cli *c, enum cli_option o)
{
	const char *path = c->args.text[o];

	return !path && o == CLI_OUT && (c->verb->options & CLI_BIT(CLI_OUT)) ? "-" : path;
}

/* Whoever comes second would find it empty. */
static enum err check_standard_input(struct cli *c)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(INS); i++)
		n += c->args.text[INS[i]] && strcmp(c->args.text[INS[i]], "-") == 0;
	for (size_t i = 0; i < c->args.n_visits; i++)
		n += strcmp(c->args.visits[i], "-") == 0;
	if (n < 2)
		return OK;
	return fault_set(&c->fault, ERR_USAGE, "标准输入（-）只能作一个输入",
			 "standard input (-) can be one input only");
}

enum err load_check_paths(struct cli *c, bool *ret_straight)
{
	struct out out[ARRAY_LEN(OUTS)] = { 0 };
	enum err e;

	*ret_straight = false;
	if ((e = check_standard_input(c)))
		return e;
	for (size_t i = 0; i < ARRAY_LEN(OUTS); i++) {
		const char *path = path_of(c, OUTS[i]);

		if (!path)
			continue;
		if ((e = table_place_find(path, &out[i].place, &c->fault)) ||
		    (e = check_ins(c, OUTS[i], &out[i].place)))
			return e;
		for (size_t k = 0; k < i; k++)
			if (out[k].given && collide(&out[k].place, &out[i].place))
				return same_file(c, OUTS[i], OUTS[k]);
		out[i].given = true;
		*ret_straight |= out[i].place.direct;
	}
	return OK;
}
