/* clocks.c - loading a file of clocks, and finding the one that is valid. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/when.h"
#include "clocks/read.h"

#include "base/ban.h"

enum { WAYS_MAX = 32, SOURCES_MAX = 8, TEXT_BYTES_MAX = 600, NAME_BYTES_MAX = 40 };
enum { MINUTE_S = 60, SPAN_MIN_MAX = FLOW_SPAN_MAX_S / MINUTE_S, FIRST_BYTES = 110 };

static const struct json_limits limits = { CLOCKS_FILE_BYTES_MAX, 60000, 8 };

extern const char clocks_builtin_begin[], clocks_builtin_end[];

/* ---- ways --------------------------------------------------------------------------------- */

struct way {
	struct str name;
	bool fine;
	struct flow_clock clock; /* without done */
};
struct ways {
	size_t n;
	struct way *v;
	bool fine; /* there is a list at all */
};

static bool read_span(struct clocks_reader *r, const struct clocks_at *at, const char *key,
		      int64_t least, uint32_t *ret_s)
{
	int64_t v = 0;

	if (!clocks_number(r, at, key, least, SPAN_MIN_MAX, &v))
		return false;
	*ret_s = (uint32_t)(v * MINUTE_S);
	return true;
}

static void read_way(struct clocks_reader *r, const struct clocks_at *at, struct way *ret)
{
	static const char *const keys[] = { "label",     "accept_min", "check_min",  "warn_min",
					    "grace_min", "climb_min",  "repeat_min", NULL };
	struct flow_clock *c = &ret->clock;
	struct clocks_both label;

	ret->name = at->key;
	ret->fine = clocks_name(r, at, at->key);
	ret->fine &= clocks_object(r, at, keys);
	if (!at->v || at->v->is != JSON_IS_MAP)
		return;
	ret->fine &= clocks_both(r, at, "label", CLOCKS_MUST, &label);
	ret->fine &= read_span(r, at, "accept_min", 1, &c->accept_s);
	ret->fine &= read_span(r, at, "check_min", 1, &c->check_s);
	ret->fine &= read_span(r, at, "warn_min", 0, &c->warn_s);
	ret->fine &= read_span(r, at, "grace_min", 0, &c->grace_s);
	ret->fine &= read_span(r, at, "climb_min", 1, &c->climb_s);
	ret->fine &= read_span(r, at, "repeat_min", 0, &c->repeat_s);
}

static void read_ways(struct clocks_reader *r, const struct clocks_at *root, struct ways *ret)
{
	struct clocks_at at = clocks_child(root, "ways");

	if (!at.v || at.v->is != JSON_IS_MAP || at.v->n < 1 || at.v->n > WAYS_MAX) {
		(void)clocks_refuse(r, &at, "一个有 1 到 32 种升级方式的对象 {\"名称\": {…}}",
				    "an object {\"name\": {…}} of 1 to 32 ways to climb");
		return;
	}
	ret->v = clocks_take(r, at.v->n, sizeof(*ret->v));
	ret->fine = ret->v != NULL;
	for (; ret->fine && ret->n < at.v->n; ret->n++) {
		struct clocks_at item = clocks_item(&at, ret->n);

		read_way(r, &item, &ret->v[ret->n]);
	}
}

/* ---- clocks ------------------------------------------------------------------------------- */

static bool read_way_of(struct clocks_reader *r, const struct clocks_at *up,
			const struct ways *ways, struct clocks_rule *ret,
			const struct way **ret_way)
{
	struct clocks_at at = clocks_child(up, "way");

	*ret_way = NULL;
	if (!clocks_text(r, &at, NAME_BYTES_MAX, &ret->way))
		return false;
	for (size_t i = 0; i < ways->n && !*ret_way; i++)
		if (str_eq(ways->v[i].name, ret->way))
			*ret_way = &ways->v[i];
	if (!*ret_way && ways->fine)
		clocks_wrong(r, &at, "ways 中没有这种方式；请改正名称，或在 ways 中加上。",
			     "ways has none of this name; correct it, or add it to ways.");
	return *ret_way != NULL;
}

/* What the source says and how it is told must fit together. */
static void read_times(struct clocks_reader *r, const struct clocks_at *up, const struct ways *ways,
		       struct clocks_rule *ret)
{
	struct clocks_at done = clocks_child(up, "done_min");
	const struct way *way;
	uint32_t done_s = 0;
	bool fine = read_span(r, up, "done_min", 1, &done_s);

	fine &= read_way_of(r, up, ways, ret, &way);
	if (!fine || !way->fine)
		return;
	ret->clock = way->clock;
	ret->clock.done_s = done_s;
	if (way->clock.accept_s > done_s)
		clocks_wrong(r, &done,
			     "办结时限（%u 分钟）短于这种方式的接单时限（%u 分钟）；请换一种方式。",
			     "done by %u minutes is sooner than this way's accepting by %u; choose "
			     "another way.",
			     done_s / MINUTE_S, way->clock.accept_s / MINUTE_S);
	else if (way->clock.warn_s >= done_s)
		clocks_wrong(r, &done,
			     "办结时限（%u 分钟）不长于提前提醒的时间（%u 分钟）；请换一种方式。",
			     "done by %u minutes leaves no time for a warning %u before; choose "
			     "another way.",
			     done_s / MINUTE_S, way->clock.warn_s / MINUTE_S);
}

static void read_sources(struct clocks_reader *r, const struct clocks_at *up,
			 struct clocks_rule *ret)
{
	struct clocks_at at = clocks_child(up, "sources");
	struct str *v;

	if (!clocks_list(r, &at, 1, SOURCES_MAX))
		return;
	v = clocks_take(r, at.v->n, sizeof(*v));
	for (size_t i = 0; v && i < at.v->n; i++) {
		struct clocks_at item = clocks_item(&at, i);

		(void)clocks_text(r, &item, TEXT_BYTES_MAX, &v[i]);
	}
	ret->sources = v;
	ret->n_sources = at.v->n;
}

static void read_tag(struct clocks_reader *r, const struct clocks_at *up, char *ret)
{
	struct clocks_at at = clocks_child(up, "tag");

	if (at.v && at.v->is == JSON_IS_TEXT && at.v->text.n == 1 && strchr("SKL", at.v->text.p[0]))
		*ret = at.v->text.p[0];
	else
		(void)clocks_refuse(r, &at, "以下之一：\"S\"（读过原文）、\"K\"、\"L\"",
				    "one of \"S\" (source read), \"K\", \"L\"");
}

static void read_rule(struct clocks_reader *r, const struct clocks_at *at, const struct ways *ways,
		      struct clocks_rule *ret)
{
	static const char *const keys[] = { "id",  "version", "valid_from", "valid_to", "label",
					    "who", "starts",  "note",       "done_min", "way",
					    "tag", "sources", NULL };
	struct clocks_at id, to;
	int64_t version = 0;
	bool dated;

	if (!clocks_object(r, at, keys) && (!at->v || at->v->is != JSON_IS_MAP))
		return;
	id = clocks_child(at, "id");
	to = clocks_child(at, "valid_to");
	if (clocks_text(r, &id, NAME_BYTES_MAX, &ret->id))
		(void)clocks_name(r, &id, ret->id);
	if (clocks_number(r, at, "version", 1, INT32_MAX, &version))
		ret->version = (int32_t)version;
	dated = clocks_date(r, at, "valid_from", &ret->valid_from);
	dated &= clocks_date(r, at, "valid_to", &ret->valid_to);
	if (!dated)
		ret->version = 0; /* not to be compared with others */
	else if (ret->valid_to != CLOCKS_DAY_OPEN && ret->valid_to < ret->valid_from)
		clocks_wrong(r, &to, "早于 valid_from；请改正其中之一。",
			     "lies before valid_from; correct one of the two.");
	(void)clocks_both(r, at, "label", CLOCKS_MUST, &ret->label);
	(void)clocks_both(r, at, "who", CLOCKS_MUST, &ret->who);
	(void)clocks_both(r, at, "starts", CLOCKS_MUST, &ret->starts);
	(void)clocks_both(r, at, "note", CLOCKS_MAY, &ret->note);
	read_times(r, at, ways, ret);
	read_tag(r, at, &ret->tag);
	read_sources(r, at, ret);
}

static int64_t last_day(const struct clocks_rule *x)
{
	return x->valid_to == CLOCKS_DAY_OPEN ? INT64_MAX : x->valid_to;
}

/* An earlier clock of the same id must differ in version, and be valid at another time. */
static void check_against(struct clocks_reader *r, const struct clocks_at *at,
			  const struct clocks_rule *v, size_t i)
{
	struct clocks_at version = clocks_child(at, "version"),
			 from = clocks_child(at, "valid_from");

	for (size_t k = 0; k < i && v[i].id.n && v[i].version; k++) {
		if (!str_eq(v[k].id, v[i].id) || !v[k].version)
			continue;
		if (v[k].version == v[i].version)
			clocks_wrong(
				r, &version,
				"这一条的这个版本在 clocks[%zu] 已经有了；请写另一个版本号。",
				"this version is clocks[%zu] already; give it another version.", k);
		else if (v[k].valid_from <= last_day(&v[i]) && v[i].valid_from <= last_day(&v[k]))
			clocks_wrong(r, &from, "与 clocks[%zu] 的有效期重叠；请改正日期。",
				     "valid at the same time as clocks[%zu]; correct the dates.",
				     k);
		else
			continue;
		return;
	}
}

static void read_root(struct clocks_reader *r, const struct json_node *top, struct clocks_set *ret)
{
	static const char *const keys[] = { "note", "ways", "clocks", NULL };
	struct clocks_at root = { .v = top }, at = clocks_child(&root, "clocks"), note;
	struct ways ways = { 0 };
	struct clocks_rule *v;
	struct str text;

	if (!clocks_object(r, &root, keys) && top->is != JSON_IS_MAP)
		return;
	note = clocks_child(&root, "note");
	if (note.v)
		(void)clocks_text(r, &note, 2 * TEXT_BYTES_MAX, &text);
	read_ways(r, &root, &ways);
	if (!clocks_list(r, &at, 1, CLOCKS_MAX))
		return;
	v = clocks_take(r, at.v->n, sizeof(*v));
	for (size_t i = 0; v && i < at.v->n; i++) {
		struct clocks_at item = clocks_item(&at, i);

		read_rule(r, &item, &ways, &v[i]);
		check_against(r, &item, v, i);
	}
	*ret = (struct clocks_set){ at.v->n, v };
}

/* ---- loading ------------------------------------------------------------------------------ */

static enum err no_memory(struct fault *f)
{
	return fault_set(f, ERR_MEMORY, "内存不足", "there is not enough memory");
}

static enum err list_faults(const struct clocks_reader *r, struct clocks_faults *reterr,
			    struct fault *f)
{
	struct clocks_fault *v = arena_take(r->a, r->n_faults, sizeof(*v));
	size_t n = 0;

	if (!v)
		return no_memory(f);
	for (const struct clocks_fault_node *node = r->first; node; node = node->next)
		v[n++] = node->fault;
	*reterr = (struct clocks_faults){ n, v };
	return fault_set(f, ERR_SYNTAX, "时限文件有 %zu 处错误；第一处：%.*s",
			 "the file of clocks has %zu faults; the first: %.*s", n, FIRST_BYTES,
			 v[0].path.n ? v[0].path.p : "(file)");
}

enum err clocks_load_bytes(struct str bytes, struct arena *a, struct clocks_set *ret,
			   struct clocks_faults *reterr, struct fault *f)
{
	static const struct clocks_at root = { 0 };
	struct clocks_reader r = { .a = a };
	struct clocks_set set = { 0, NULL };
	const struct json_node *top = NULL;
	struct fault syntax = { 0 };
	enum err e;

	*reterr = (struct clocks_faults){ 0, NULL };
	if (bytes.n >= 3 && memcmp(bytes.p, "\xef\xbb\xbf", 3) == 0)
		bytes = (struct str){ bytes.p + 3, bytes.n - 3 };
	e = json_read(bytes, &limits, a, &top, &syntax);
	if (e == ERR_MEMORY)
		return no_memory(f);
	if (e)
		clocks_wrong(&r, &root, "%s%s%s%.0s", "%s%s%.0s%s", syntax.where,
			     syntax.where[0] ? ": " : "", syntax.zh, syntax.en);
	else
		read_root(&r, top, &set);
	if (r.failed)
		return no_memory(f);
	if (r.n_faults)
		return list_faults(&r, reterr, f);
	*ret = set;
	return OK;
}

/* At most one byte more than may be, so that a file too large is seen to be so. */
static enum err read_whole(const char *path, struct buf *out, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e = file_open(path, FILE_READ, &fl, f);
	char part[16 * 1024];
	size_t n = 1;

	while (!e && n > 0 && out->n <= CLOCKS_FILE_BYTES_MAX) {
		e = file_read(fl, part, sizeof(part), &n, f);
		if (!e)
			buf_put(out, part, n);
	}
	return !e && out->failed ? no_memory(f) : e;
}

enum err clocks_load_file(const char *path, struct arena *a, struct clocks_set *ret,
			  struct clocks_faults *reterr, struct fault *f)
{
	CLEANUP(buf_release) struct buf bytes = { 0 };
	enum err e;

	*reterr = (struct clocks_faults){ 0, NULL };
	e = read_whole(path, &bytes, f);
	return e ? e : clocks_load_bytes(buf_view(&bytes), a, ret, reterr, f);
}

struct str clocks_builtin_text(void)
{
	return (struct str){ clocks_builtin_begin,
			     (size_t)(clocks_builtin_end - clocks_builtin_begin) };
}

enum err clocks_load_builtin(struct arena *a, struct clocks_set *ret, struct fault *f)
{
	struct clocks_faults faults;

	return clocks_load_bytes(clocks_builtin_text(), a, ret, &faults, f);
}

/* ---- finding ------------------------------------------------------------------------------ */

bool clocks_valid_on(const struct clocks_rule *rule, int32_t day)
{
	return day >= rule->valid_from && day <= last_day(rule);
}

enum err clocks_find(const struct clocks_set *s, struct str id, int32_t day,
		     const struct clocks_rule **ret, struct fault *f)
{
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		if (!str_eq(s->rules[i].id, id))
			continue;
		any = true;
		if (clocks_valid_on(&s->rules[i], day)) {
			*ret = &s->rules[i];
			return OK;
		}
	}
	if (any)
		return fault_set(
			f, ERR_ABSENT, "这条时限在这一天没有有效的版本；请换一条，或补上版本。",
			"no version of this clock is valid on that day; choose another, or "
			"add a version.");
	return fault_set(f, ERR_ABSENT,
			 "没有这条时限；请核对名称，docs/reference/clocks.md 列出了自带的。",
			 "there is no such clock; check the name, docs/reference/clocks.md lists "
			 "those that ship.");
}
