/*
 * sound_clear.c - I11: no identity in clear outside the vault. Every text of every table, and every
 * file of the house besides the vault's own, is held against what the vault knows.
 *
 * Some tables hold officials and places, by design: a county's duty officer may be somebody's
 * contact, and is no leak. They are named below, each with its reason.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "serve/sound.h"
#include "serve/sound.sql.h"
#include "vault/clear.h"

#include "base/ban.h"

enum { PIECE = 1 << 16, TEXTS_MAX = 4096 };

static const char *const OPEN_TABLES[] = {
	"officers",      /* who answers for what, with an office telephone */
	"accounts",      /* officials who sign in */
	"account_login", /* by which name they do */
	"organisations", /* offices and their telephones */
	"watches",       /* who is on watch, and where to call */
	"area",          /* names of places */
	"area_token",    /* cut out of them, to be searched */
	"search_token",  /* cut out of the nouns' own texts */
	"schema_step"    /* steps of the program */
};
/* Bytes that have text in them. Replies that are kept for a retry name officials, too. */
#define ALL_FIELDS (~0u)
#define NUMBER_ALONE (1u << VAULT_ID_NUMBER)
static const struct {
	const char *table, *column;
	unsigned asked;
} BYTES[] = {
	{ "ledger_entry", "bytes", ALL_FIELDS },
	{ "idempotency", "body", NUMBER_ALONE },
};

struct column {
	const char *table, *column;
	bool bytes;
	unsigned asked; /* 1 << enum vault_field */
	struct sql sql;
};
struct seeing {
	struct house *h;
	struct clear *clear;
	struct sound_clear *ret;
	VEC(struct column) column;
	struct arena *a;
	char dir[PATH_MAX];
};

static void seeing_end(struct seeing *s)
{
	clear_end(&s->clear);
	vec_drop(&s->column);
	arena_end(&s->a);
}

/* A place where somebody should look; the first ones by name. Never what was found. */
static void found(struct seeing *s, unsigned bits, const char *where, const char *in)
{
	struct sound_clear *r = s->ret;
	uint64_t n = r->found + r->names;

	if (n < SOUND_CLEAR_TOLD)
		(void)snprintf(r->where[n], sizeof r->where[0], "%.60s%s%.60s", where,
			       *in ? "." : "", in);
	if (bits & ~(1u << VAULT_NAME))
		r->found++;
	else
		r->names++;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static bool is_open(struct str table)
{
	for (size_t i = 0; i < ARRAY_LEN(OPEN_TABLES); i++)
		if (str_eq(table, str_of(OPEN_TABLES[i])))
			return true;
	return false;
}

static const char *copy(struct seeing *s, struct str t)
{
	char *p = arena_take(s->a, t.n + 1, 1);

	if (p)
		memcpy(p, t.p, t.n);
	return p;
}

static enum err add_column(struct seeing *s, struct str table, struct str name, unsigned asked,
			   bool bytes)
{
	struct column c = {
		.table = copy(s, table), .column = copy(s, name), .bytes = bytes, .asked = asked
	};
	size_t room = table.n + name.n + 64;
	char *text = arena_take(s->a, room, 1), *called = arena_take(s->a, room, 1);

	if (!c.table || !c.column || !text || !called)
		return ERR_MEMORY;
	(void)snprintf(text, room, "SELECT \"%s\" FROM \"%s\" WHERE \"%s\" IS NOT NULL", c.column,
		       c.table, c.column);
	(void)snprintf(called, room, "sound.clear.%s.%s", c.table, c.column);
	c.sql = (struct sql){ .name = called,
			      .text = text,
			      .args = "",
			      .scan = "fsck looks at everything",
			      .across = "fsck looks at everything" };
	return vec_push(&s->column, c);
}

/* "\tname TYPE ..." of a CREATE TABLE, item by item. */
static enum err columns_of(struct seeing *s, struct str table, struct str create)
{
	const char *p = memchr(create.p, '(', create.n), *end = create.p + create.n;
	enum err e = OK;
	int depth = 0;

	for (p = p ? p + 1 : end; p < end && !e;) {
		struct str name = { p, 0 };
		const char *type;

		while (p < end && (*p == ' ' || *p == '\t' || *p == '\n'))
			p++;
		name.p = p;
		while (p < end && *p != ' ' && *p != ',' && *p != ')')
			p++;
		name.n = (size_t)(p - name.p);
		for (type = p; type < end && *type == ' ';)
			type++;
		if (end - type > 4 && memcmp(type, "TEXT", 4) == 0)
			e = add_column(s, table, name, ALL_FIELDS, false);
		for (; p < end && (depth || *p != ','); p++)
			depth += (*p == '(') - (*p == ')');
		p++;
	}
	return e;
}

static enum err list_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct seeing *s = arg;
	bool more;
	enum err e = tx_rows(tx, &sound_sql.texts, SQL_NO_ARGS, &r, f);

	s->column.n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct str table = rows_text(r, 0), what = rows_text(r, 1);

		if (is_open(table))
			continue;
		e = rows_null(r, 2) ? columns_of(s, table, what)
				    : add_column(s, table, what, ALL_FIELDS, false);
	}
	for (size_t i = 0; i < ARRAY_LEN(BYTES) && !e; i++)
		e = add_column(s, str_of(BYTES[i].table), str_of(BYTES[i].column), BYTES[i].asked,
			       true);
	return e;
}

struct seeing_one {
	struct seeing *s;
	const struct column *c;
};

static enum err column_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct seeing_one *o = arg;
	const struct sound_clear before = *o->s->ret;
	bool more;
	enum err e = tx_rows(tx, &o->c->sql, SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		unsigned bits;

		o->s->ret->texts++;
		if ((e = clear_text(o->s->clear, o->c->bytes ? rows_blob(r, 0) : rows_text(r, 0),
				    &bits)))
			break;
		if (bits & o->c->asked)
			found(o->s, bits & o->c->asked, o->c->table, o->c->column);
	}
	if (e)
		*o->s->ret = before; /* it may be run again */
	return e;
}

/* ---- files ----------------------------------------------------------------------------------- */

static enum err see_file(const char *name, void *arg, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	struct seeing *s = arg;
	struct fault unasked = { 0 };
	char path[PATH_MAX + 300], *piece;
	unsigned bits, all = 0, asked = ALL_FIELDS;
	size_t n = 1;
	enum err e;

	/* The database's own: its texts were looked at one by one, and officials stand in it. */
	if (strncmp(name, DB_SQLITE_FILE, strlen(DB_SQLITE_FILE)) == 0)
		asked = NUMBER_ALONE;
	(void)snprintf(path, sizeof path, "%s/%s", s->dir, name);
	if (file_open(path, FILE_READ, &fl, &unasked))
		return OK; /* a socket, or gone meanwhile */
	if (!(piece = mem_take(PIECE, 1)))
		return ERR_MEMORY;
	do {
		e = file_read(fl, piece, PIECE, &n, f);
		if (!e)
			e = clear_piece(s->clear, (struct str){ piece, n }, &bits);
		if (!e)
			all |= bits;
		s->ret->bytes += e ? 0 : n;
	} while (!e && n);
	mem_drop(piece);
	if (!e && all & asked)
		found(s, all & asked, name, "");
	return e;
}

static enum err see_files(struct seeing *s, struct fault *f)
{
	static const char *const folders[] = {
		"", "/keys", "/trail", "/heads", "/scratch", "/tls"
	};
	enum err e = OK;

	for (size_t i = 0; i < ARRAY_LEN(folders) && !e; i++) {
		struct fault unasked = { 0 };

		(void)snprintf(s->dir, sizeof s->dir, "%s%s", s->h->dir, folders[i]);
		e = dir_each(s->dir, see_file, s, &unasked);
		if (e == ERR_ABSENT)
			e = OK;
		else if (e)
			return fault_set(f, e, "读不了 %s", "cannot read %s", s->dir);
	}
	return e;
}

enum err sound_clear_look(struct house *h, struct sound_clear *ret, struct fault *f)
{
	CLEANUP(seeing_end) struct seeing s = { .h = h, .ret = ret };
	/* A statement lives as long as its database: these are made anew, and so is that. */
	CLEANUP(house_end) struct house *own = NULL;
	struct fault unasked = { 0 };
	enum err e = clear_open(h->dir, &s.clear, &unasked);

	*ret = (struct sound_clear){ 0 };
	if (e == ERR_ABSENT)
		return OK; /* no vault was ever there: nobody is known */
	if (e)
		return fault_set(f, e, "读不了保险库：%s%.0s", "the vault cannot be read: %.0s%s",
				 unasked.zh, unasked.en);
	ret->values = clear_values(s.clear);
	if ((e = house_open(h->dir, &own, f)) ||
	    (e = house_database(own, false, clock_s(&clock_wall), f)) ||
	    (e = arena_new(4 << 20, &s.a)) || (e = db_read(own->db, list_act, &s, f)))
		return e;
	for (size_t i = 0; i < s.column.n && !e; i++) {
		struct seeing_one o = { &s, &s.column.v[i] };

		e = db_read(own->db, column_act, &o, f);
	}
	return e ? e : see_files(&s, f);
}
