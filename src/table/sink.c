/* sink.c - where a result goes: to a temporary name beside, then renamed; or straight out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "table/out.h"

#include "base/ban.h"

enum { FLOW_BYTES = 256 * 1024 };

/*
 * Renaming over a device or through a link would replace the very thing that was named
 * (/dev/null, /dev/stdout): only what is or will be a regular file gets a temporary name.
 */
enum err table_place_find(const char *path, struct table_place *ret, struct fault *f)
{
	bool standard = strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
	struct table_place p = { .direct = standard };
	struct stat st;
	bool there = !p.direct && stat(path, &st) == 0;

	if (!p.direct && there && !S_ISREG(st.st_mode))
		p.direct = true;
	if (!*path)
		return fault_set(f, ERR_USAGE, "输出文件名为空：请给出文件名，或用 - 表示标准输出",
				 "the output has no name: give one, or - for standard output");
	if (strlen(path) >= sizeof(p.path))
		return fault_set(f, ERR_USAGE, "输出文件的路径过长：请换一个短的",
				 "the output path is too long: choose a shorter one");
	if (p.direct || !there || !realpath(path, p.path))
		snprintf(p.path, sizeof(p.path), "%s", standard ? "-" : path);
	snprintf(p.part, sizeof(p.part), "%s%s", p.path, p.direct ? "" : ".part");
	*ret = p;
	return OK;
}

enum err table_place_open(const struct table_place *p, struct file **ret, struct fault *f)
{
	enum err e = file_open(p->part, p->direct ? FILE_REPLACE : FILE_HELD, ret, f);

	return e || p->direct ? e : file_rights_of(*ret, p->path, f);
}

enum err table_place_publish(const struct table_place *p, struct fault *f)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(p->path, '/');
	enum err e;

	if (p->direct)
		return OK;
	if ((e = file_rename(p->part, p->path, f)))
		return e;
	if (!slash)
		return dir_sync(".", f);
	snprintf(dir, sizeof(dir), "%.*s", slash == p->path ? 1 : (int)(slash - p->path), p->path);
	return dir_sync(dir, f);
}

void table_place_abandon(const struct table_place *p)
{
	if (!p->direct && p->part[0])
		ignore(file_unlink(p->part, NULL));
}

enum err table_sink_open(const char *path, struct table_sink *s, struct fault *f)
{
	enum err e;

	*s = (struct table_sink){ 0 };
	if ((e = table_place_find(path, &s->place, f)))
		return e;
	e = table_place_open(&s->place, &s->file, f);
	if (e == ERR_EXISTS)
		s->place.part[0] = '\0'; /* it is another run's, and none of ours to remove */
	return e;
}

static enum err pour(struct table_sink *s, struct fault *f)
{
	enum err e;

	if (s->text.failed)
		return fault_set(f, ERR_MEMORY, "写结果时内存不足：请关闭其他程序再试",
				 "no memory to write the result: close other programs, try again");
	if (s->text.n && (e = file_write(s->file, s->text.p, s->text.n, f)))
		return e;
	buf_clear(&s->text);
	return OK;
}

enum err table_sink_flow(struct table_sink *s, struct fault *f)
{
	return s->text.n < FLOW_BYTES && !s->text.failed ? OK : pour(s, f);
}

/* What will be renamed stays open, and so held, until it is. */
enum err table_sink_settle(struct table_sink *s, struct fault *f)
{
	enum err e = pour(s, f);

	if (!e)
		e = s->place.direct ? file_close(&s->file, f) : file_sync(s->file, f);
	s->settled = !e;
	return e;
}

enum err table_sink_close(struct table_sink *s, struct fault *f)
{
	enum err e = s->settled ? OK : table_sink_settle(s, f);

	if (!e)
		e = table_place_publish(&s->place, f);
	if (!e)
		s->place.part[0] = '\0'; /* published: there is nothing left to abandon */
	table_sink_end(s);
	return e;
}

void table_sink_end(struct table_sink *s)
{
	if (s->place.part[0])
		table_place_abandon(&s->place);
	s->place.part[0] = '\0';
	file_end(&s->file);
	buf_release(&s->text);
}
