/* profile.c - loading a file of profiles, and finding one by its name. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "profile/read.h"

#include "base/ban.h"

enum {
	PROFILES_MAX = 256,
	LISTS_MAX = 64,
	NAME_BYTES_MAX = 48,
	NOTE_BYTES_MAX = 2000,
	FIRST_BYTES = 130,
	PATH_BYTES = 80,
	NAME_SHOWN_BYTES = 64
};

extern const char profile_builtin_begin[], profile_builtin_end[];

/* ---- reading ---- */

static void read_lists(struct profile_reader *r, const struct profile_at *root,
		       struct profile_around *around)
{
	static const char zh[] = "一个对象 {\"名称\": [规则, …]}",
			  en[] = "an object {\"name\": [rules, …]}";
	struct profile_rule_list *v;
	struct profile_at at;
	bool there;
	const char *name;
	json_t *rules;

	around->lists.fine = true;
	if (!profile_step(r, root, "rule_lists", PROFILE_MAY, zh, en, &at, &there) || !there)
		return;
	if (!json_is_object(at.v) || json_object_size(at.v) > LISTS_MAX) {
		around->lists.fine = profile_refuse(r, &at, zh, en);
		return;
	}
	v = profile_take(r, json_object_size(at.v), sizeof(*v));
	if (!v)
		return;
	around->lists.v = v;
	json_object_foreach((json_t *)(uintptr_t)at.v, name, rules)
	{
		struct profile_at child = { &at, name, 0, rules };
		struct profile_rule_list *list = &v[around->lists.n];

		(void)profile_name_here(r, &child, name, ".-_", NAME_BYTES_MAX);
		profile_read_rules(r, &child, &around->scope, &list->rules, &list->n);
		if (profile_copy(r, name, &list->name))
			around->lists.n++;
	}
}

static bool overlap(const struct profile *a, const struct profile *b)
{
	int64_t a_to = a->valid_to == PROFILE_DAY_OPEN ? INT64_MAX : a->valid_to;
	int64_t b_to = b->valid_to == PROFILE_DAY_OPEN ? INT64_MAX : b->valid_to;

	return a->valid_from <= b_to && b->valid_from <= a_to;
}

/* An earlier profile of the same id must differ in version, and be valid at another time. */
static void check_against(struct profile_reader *r, const struct profile_at *at,
			  const struct profile *v, size_t i)
{
	struct profile_at version = { at, "version", 0, NULL },
			  from = { at, "valid_from", 0, NULL };

	for (size_t k = 0; k < i && v[i].id.n && v[i].version; k++) {
		if (!str_eq(v[k].id, v[i].id) || !v[k].version)
			continue;
		if (v[k].version == v[i].version) {
			profile_wrong(r, &version,
				      "%s@%d 在 profiles[%zu] 已经有了；请写另一个版本号。",
				      "%s@%d is profiles[%zu] already; give it another version.",
				      v[i].id.p, (int)v[i].version, k);
			return;
		}
		if (overlap(&v[k], &v[i])) {
			profile_wrong(
				r, &from,
				"与 profiles[%zu]（版本 %d）的有效期重叠；"
				"请改正 valid_from 或 valid_to。",
				"valid at the same time as profiles[%zu] (version %d); correct "
				"valid_from or valid_to.",
				k, (int)v[k].version);
			return;
		}
	}
}

static void read_many(struct profile_reader *r, const struct profile_at *root,
		      struct profile_set *ret)
{
	static const char *const keys[] = {
		"note", "kinds", "roles", "rule_lists", "profiles", NULL
	};
	struct profile_around around = { 0 };
	struct profile_at at = { root, "profiles", 0, json_object_get(root->v, "profiles") };
	struct str note;
	struct profile *v;

	(void)profile_object(r, root, keys);
	(void)profile_text(r, root, "note", PROFILE_MAY, NOTE_BYTES_MAX, &note);
	profile_read_scope(r, root, NULL, &around.scope);
	read_lists(r, root, &around);
	if (!profile_list(r, &at, 1, PROFILES_MAX))
		return;
	v = profile_take(r, json_array_size(at.v), sizeof(*v));
	for (size_t i = 0; v && i < json_array_size(at.v); i++) {
		struct profile_at item = profile_item(&at, i);

		profile_read_one(r, &item, &around, &v[i]);
		check_against(r, &item, v, i);
	}
	*ret = (struct profile_set){ json_array_size(at.v), v };
}

static void read_root(struct profile_reader *r, const json_t *v, struct profile_set *ret)
{
	struct profile_around around = { .scope = { .kinds_fine = true, .roles_fine = true },
					 .lists.fine = true };
	struct profile_at root = { .v = v };
	struct profile *one;

	if (json_object_get(v, "profiles")) {
		read_many(r, &root, ret);
	} else if (profile_like(v)) {
		one = profile_take(r, 1, sizeof(*one));
		if (one)
			profile_read_one(r, &root, &around, one);
		*ret = (struct profile_set){ 1, one };
	} else {
		profile_wrong(r, &root,
			      "既不是一个档案，也没有“profiles”列表；请参照 "
			      "docs/reference/profiles.md。",
			      "neither a profile nor an object with a list \"profiles\"; see "
			      "docs/reference/profiles.md.");
	}
}

/* jansson's error in our words. Its own text is shown only when it may be trusted to be text. */
static void say_syntax(struct profile_reader *r, const json_error_t *error)
{
	const struct profile_at root = { 0 };
	char near[JSON_ERROR_TEXT_LENGTH + sizeof("…")];

	switch (json_error_code(error)) {
	case json_error_out_of_memory: r->failed = ERR_MEMORY; return;
	case json_error_invalid_utf8:
		profile_wrong(r, &root, "第 %d 行有不是 UTF-8 的字节；请另存为 UTF-8。",
			      "line %d holds bytes that are not UTF-8; save the file as UTF-8.",
			      error->line);
		return;
	case json_error_duplicate_key:
		profile_wrong(r, &root,
			      "第 %d 行第 %d 列：同一个对象里有两个同名的键；请删去一个。",
			      "line %d, column %d: the same key stands twice in one object; "
			      "remove one.",
			      error->line, error->column);
		return;
	default:
		profile_shown(str_utf8(str_of(error->text)) ? error->text : "", sizeof(near), near,
			      sizeof(near));
		profile_wrong(r, &root,
			      "第 %d 行第 %d 列：不是正确的 JSON（%s）；请检查引号、逗号和括号。",
			      "line %d, column %d: not correct JSON (%s); look for quotes, commas "
			      "and brackets.",
			      error->line, error->column, near);
	}
}

static void read_bytes(struct profile_reader *r, struct str bytes, struct profile_set *ret)
{
	static const char mark[] = "\xef\xbb\xbf";
	const struct profile_at root = { 0 };
	json_error_t error;
	json_t *v;

	if (bytes.n > PROFILE_FILE_BYTES_MAX) {
		profile_wrong(r, &root, "文件大于 %d 字节；请分成几个文件。",
			      "the file is larger than %d bytes; split it.",
			      (int)PROFILE_FILE_BYTES_MAX);
		return;
	}
	if (bytes.n >= sizeof(mark) - 1 && memcmp(bytes.p, mark, sizeof(mark) - 1) == 0)
		bytes = (struct str){ bytes.p + 3, bytes.n - 3 };
	if (bytes.n == 0) {
		profile_wrong(r, &root, "文件是空的；请参照 docs/reference/profiles.md。",
			      "the file is empty; see docs/reference/profiles.md.");
		return;
	}
	v = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &error);
	if (v)
		read_root(r, v, ret);
	else
		say_syntax(r, &error);
	json_decref(v);
}

static enum err list_faults(const struct profile_reader *r, struct profile_faults *reterr,
			    struct fault *f)
{
	struct profile_fault *v = arena_take(r->a, r->n_faults, sizeof(*v));
	char zh[FIRST_BYTES + 8], en[FIRST_BYTES + 8], path[PATH_BYTES + 8];
	size_t n = 0;

	if (!v)
		return fault_set(f, ERR_MEMORY, "内存不足", "there is not enough memory");
	for (const struct profile_fault_node *node = r->first; node; node = node->next)
		v[n++] = node->fault;
	*reterr = (struct profile_faults){ n, v };
	profile_shown(v[0].path.p, PATH_BYTES, path, sizeof(path));
	profile_shown(v[0].zh.p, FIRST_BYTES, zh, sizeof(zh));
	profile_shown(v[0].en.p, FIRST_BYTES, en, sizeof(en));
	return fault_set(f, ERR_SYNTAX, "疾病档案有 %zu 处错误；第一处：%s%s%s%.0s",
			 "the profile file has %zu faults; the first: %s%s%.0s%s", n, path,
			 *path ? ": " : "", zh, en);
}

enum err profile_load_bytes(struct str bytes, struct arena *a, struct profile_set *ret,
			    struct profile_faults *reterr, struct fault *f)
{
	struct profile_reader r = { .a = a };
	struct profile_set set = { 0, NULL };

	*reterr = (struct profile_faults){ 0, NULL };
	read_bytes(&r, bytes, &set);
	if (r.failed)
		return fault_set(f, r.failed, "内存不足", "there is not enough memory");
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

	while (!e && n > 0 && out->n <= PROFILE_FILE_BYTES_MAX) {
		e = file_read(fl, part, sizeof(part), &n, f);
		if (!e)
			buf_put(out, part, n);
	}
	if (!e && out->failed)
		e = fault_set(f, out->failed, "内存不足", "there is not enough memory");
	return e;
}

enum err profile_load_file(const char *path, struct arena *a, struct profile_set *ret,
			   struct profile_faults *reterr, struct fault *f)
{
	CLEANUP(buf_release) struct buf bytes = { 0 };
	enum err e;

	*reterr = (struct profile_faults){ 0, NULL };
	e = read_whole(path, &bytes, f);
	return e ? e : profile_load_bytes(buf_view(&bytes), a, ret, reterr, f);
}

struct str profile_builtin_text(void)
{
	return (struct str){ profile_builtin_begin,
			     (size_t)(profile_builtin_end - profile_builtin_begin) };
}

enum err profile_load_builtin(struct arena *a, struct profile_set *ret, struct fault *f)
{
	struct profile_faults faults;

	return profile_load_bytes(profile_builtin_text(), a, ret, &faults, f);
}

/* ---- finding ---- */

bool profile_valid_on(const struct profile *p, int32_t day)
{
	return day >= p->valid_from && (p->valid_to == PROFILE_DAY_OPEN || day <= p->valid_to);
}

struct wish {
	struct str id;
	int64_t version; /* or 0 */
	int32_t day;     /* or PROFILE_DAY_OPEN */
};

static enum err read_wish(const struct profile_set *s, struct str name, struct wish *ret,
			  struct fault *f)
{
	const char *at = name.n ? memchr(name.p, '@', name.n) : NULL;
	struct wish w = *ret;
	struct str rest;

	if (name.n == 0) {
		for (size_t i = 0; i < s->n; i++)
			if (!str_eq(s->profiles[i].id, s->profiles[0].id))
				return fault_set(f, ERR_USAGE,
						 "文件里有几个档案；请指明要用哪一个。",
						 "the file holds several profiles; say which one.");
		w.id = s->n ? s->profiles[0].id : name;
	}
	if (at) {
		w.id.n = (size_t)(at - name.p);
		rest = (struct str){ at + 1, name.n - w.id.n - 1 };
		if (!profile_read_date(rest.p, rest.n, &w.day) &&
		    (str_i64(rest, &w.version) || w.version < 1))
			return fault_set(
				f, ERR_USAGE,
				"“@”后面应是版本号或日期，如 measles@1 或 "
				"measles@2021-07-20。",
				"after \"@\" a version or a date is wanted, as in measles@1 "
				"or measles@2021-07-20.");
	}
	*ret = w;
	return OK;
}

/* The name as far as it can be shown in a sentence. */
static void show_name(struct str name, char *ret, size_t bytes)
{
	char text[NAME_SHOWN_BYTES * 2];
	size_t n = min_size(name.n, sizeof(text) - 1);

	if (n)
		memcpy(text, name.p, n);
	text[n] = '\0';
	profile_shown(text, NAME_SHOWN_BYTES, ret, bytes);
}

enum err profile_find(const struct profile_set *s, struct str name, const struct profile **ret,
		      struct fault *f)
{
	const struct profile *best = NULL;
	char shown[NAME_SHOWN_BYTES + 8];
	bool any = false;
	struct wish w = { name, 0, PROFILE_DAY_OPEN };
	enum err e = read_wish(s, name, &w, f);

	if (e)
		return e;
	for (size_t i = 0; i < s->n; i++) {
		const struct profile *p = &s->profiles[i];

		if (!str_eq(p->id, w.id))
			continue;
		any = true;
		if ((w.version && p->version != w.version) ||
		    (w.day != PROFILE_DAY_OPEN && !profile_valid_on(p, w.day)))
			continue;
		if (!best || p->version > best->version)
			best = p;
	}
	show_name(name, shown, sizeof(shown));
	if (!any)
		return fault_set(f, ERR_ABSENT,
				 "没有名为“%s”的疾病档案；outpost profiles 会列出所有档案。",
				 "there is no profile \"%s\"; outpost profiles lists them all.",
				 shown);
	if (!best)
		return fault_set(
			f, ERR_ABSENT,
			"疾病档案有这个名称，但没有“%s”所指的版本；请用 outpost profiles "
			"查看各版本及其有效期。",
			"the profile exists, but not in the version \"%s\"; outpost profiles "
			"shows the versions and when each is valid.",
			shown);
	*ret = best;
	return OK;
}

char profile_tag_of(const struct profile *p, struct str field)
{
	size_t longest = 0;
	char tag = p->tag;

	for (size_t i = 0; i < p->n_tags; i++) {
		struct str part = p->tags[i].field;

		if (part.n > field.n || part.n < longest || memcmp(part.p, field.p, part.n) != 0 ||
		    (part.n < field.n && field.p[part.n] != '.' && field.p[part.n] != '['))
			continue;
		longest = part.n;
		tag = p->tags[i].tag;
	}
	return tag;
}
