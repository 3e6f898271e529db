#include "vault/clear.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "vault/store.h"
#include "vault/store.sql.h"

#include "base/ban.h"

enum {
	PAGE = 500,
	HAN_BYTES = 3,  /* of one Han character, as most are */
	NAME_LEAST = 2, /* characters */
	NAME_MOST = 4,
	PHONE_LEAST = 7,
	PHONE_MOST = ALIKE_PHONE_MAX - 1,
	OVERLAP = 64 /* bytes of a piece that are looked at again with the next */
};
#define MASK (1u << VAULT_NAME | 1u << VAULT_ID_NUMBER | 1u << VAULT_PHONE | 1u << VAULT_ADDRESS)

struct clear {
	struct store s; /* ring and database alone */
	struct crypt_key key;
	VEC(int64_t) known; /* rising */
	struct buf held;    /* the end of the piece before */
};

/* ---- what is known --------------------------------------------------------------------------- */

/* A digest under the run's key, told apart by field. */
static enum err digest(const struct clear *c, enum vault_field field, struct str text, int64_t *ret)
{
	enum err e = store_tag(&c->key, text, ret);

	*ret = (*ret & ~(int64_t)7) | (int64_t)field;
	return e;
}

static enum err know(struct clear *c, enum vault_field field, struct str text)
{
	int64_t d;
	enum err e = digest(c, field, text, &d);

	if (e)
		return e;
	return vec_push(&c->known, d);
}

static enum err know_person(struct clear *c, const struct vault_identity *who)
{
	struct alike_form form;
	struct str name = who->text[VAULT_NAME], address = who->text[VAULT_ADDRESS];
	enum err e = OK;

	alike_form(who, &form);
	if (form.id_number[0])
		e = know(c, VAULT_ID_NUMBER, str_of(form.id_number));
	if (!e && strlen(form.phone) >= PHONE_LEAST)
		e = know(c, VAULT_PHONE, str_of(form.phone));
	if (!e && name.n >= NAME_LEAST * HAN_BYTES && (unsigned char)name.p[0] >= 0xe3)
		e = know(c, VAULT_NAME, name);
	if (!e && address.n >= 4 * HAN_BYTES)
		e = know(c, VAULT_ADDRESS, address);
	crypt_wipe(&form, sizeof form);
	return e;
}

struct reading {
	struct clear *c;
	bool epochs; /* pseudonyms; else subjects */
	int64_t after;
	size_t n;
};

static enum err read_page(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct reading *g = arg;
	int64_t id[PAGE];
	bool more;
	enum err e =
		g->epochs ? tx_rows(tx, &store_sql.persons_before,
				    SQL_ARGS(sql_i64(INT64_MAX), sql_i64(g->after), sql_i64(PAGE)),
				    &r, f)
			  : tx_rows(tx, &store_sql.subjects_after,
				    SQL_ARGS(sql_i64(g->after), sql_i64(PAGE)), &r, f);

	g->n = 0;
	while (!e && g->n < PAGE && !(e = rows_next(r, &more, f)) && more)
		id[g->n++] = rows_i64(r, 0);
	rows_end(&r);
	for (size_t i = 0; i < g->n && !e; i++) {
		char bytes[4 * VAULT_TEXT_MAX + 64];
		struct buf out = { bytes, 0, sizeof bytes, OK };
		struct vault_identity who;
		struct store_person row;
		bool kept;

		memset(&who, 0, sizeof who);
		e = store_get(&g->c->s, tx, id[i], MASK, &out, &row, &kept, &who, f);
		if (!e) {
			store_fix(&out, &who);
			e = know_person(g->c, &who);
		} else if (e == ERR_ABSENT)
			e = OK;
		crypt_wipe(bytes, sizeof bytes);
	}
	if (g->n)
		g->after = id[g->n - 1];
	return e;
}

static int by_value(const void *pa, const void *pb)
{
	const int64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

static enum err read_all(struct clear *c, struct fault *f)
{
	enum err e = OK;

	for (int epochs = 0; epochs < 2 && !e; epochs++) {
		struct reading g = { .c = c, .epochs = epochs, .after = INT64_MIN };

		do
			e = db_read(c->s.db, read_page, &g, f);
		while (!e && g.n == PAGE);
	}
	if (!e && c->known.n)
		qsort(c->known.v, c->known.n, sizeof *c->known.v, by_value);
	return e;
}

static bool is_known(const struct clear *c, int64_t d)
{
	return c->known.n && bsearch(&d, c->known.v, c->known.n, sizeof d, by_value);
}

/* ---- opening --------------------------------------------------------------------------------- */

static enum err open_vault(struct clear *c, const char *dir, struct fault *f)
{
	CLEANUP(file_end) struct file *there = NULL;
	char url[PATH_MAX];
	enum err e;

	(void)snprintf(c->s.ring_path, sizeof c->s.ring_path, "%s/keys/vault/ring", dir);
	if ((e = file_open(c->s.ring_path, FILE_READ, &there, f)) ||
	    (e = ring_open(c->s.ring_path, CRYPT_WORLD, &crypt_random_system, &c->s.ring, f)))
		return e;
	(void)snprintf(url, sizeof url, "sqlite:%s/vault", dir);
	return db_open(&(struct db_options){ .url = url,
					     .readers = 1,
					     .steps = vault_steps,
					     .n_steps = vault_steps_n },
		       &c->s.db, f);
}

enum err clear_open(const char *dir, struct clear **ret, struct fault *f)
{
	CLEANUP(clear_end) struct clear *c = mem_take(1, sizeof *c);
	enum err e;

	if (!c)
		return ERR_MEMORY;
	c->s.chance = &crypt_random_system;
	crypt_key_new(CRYPT_WORLD, &crypt_random_system, &c->key);
	if ((e = open_vault(c, dir, f)) || (e = read_all(c, f)))
		return e;
	*ret = c;
	c = NULL;
	return OK;
}

void clear_end(struct clear **c)
{
	if (!*c)
		return;
	db_end(&(*c)->s.db);
	ring_end(&(*c)->s.ring);
	vec_drop(&(*c)->known);
	if ((*c)->held.p)
		crypt_wipe((*c)->held.p, (*c)->held.n);
	buf_release(&(*c)->held);
	crypt_wipe(&(*c)->key, sizeof(*c)->key);
	mem_drop(*c);
	*c = NULL;
}

uint64_t clear_values(const struct clear *c)
{
	return c->known.n;
}

/* ---- looking --------------------------------------------------------------------------------- */

static enum err try_one(const struct clear *c, enum vault_field field, struct str text,
			unsigned *found)
{
	int64_t d;
	enum err e;

	if (*found & 1u << field)
		return OK;
	if ((e = digest(c, field, text, &d)))
		return e;
	if (is_known(c, d))
		*found |= 1u << field;
	return OK;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A run of digits, with single blanks and dashes among them: an ID number, or a telephone. */
static enum err try_digits(const struct clear *c, struct str run, unsigned *found)
{
	char plain[32];
	struct vault_identity who = { 0 };
	struct alike_form form;
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; i < run.n; i++)
		if (run.p[i] != ' ' && run.p[i] != '-') {
			if (n == sizeof plain)
				return OK;
			plain[n++] = run.p[i];
		}
	if (n == 15 || n == 18) {
		who.text[VAULT_ID_NUMBER] = (struct str){ plain, n };
		alike_form(&who, &form);
		if (form.id_number[0])
			e = try_one(c, VAULT_ID_NUMBER, str_of(form.id_number), found);
	}
	if (e || n < PHONE_LEAST || n > PHONE_MOST)
		return e;
	who = (struct vault_identity){ 0 };
	who.text[VAULT_PHONE] = (struct str){ plain, n };
	alike_form(&who, &form);
	return form.phone[0] ? try_one(c, VAULT_PHONE, str_of(form.phone), found) : OK;
}

/* The run from p on: digits, and what may stand between two of them; X at the end. */
static size_t digits_from(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		if (is_digit(p[i]))
			i++;
		else if ((p[i] == '-' || p[i] == ' ') && i + 1 < n && is_digit(p[i + 1]))
			i++;
		else
			break;
	}
	return i < n && (p[i] == 'X' || p[i] == 'x') ? i + 1 : i;
}

/* A Han character or the dot in a name, in three bytes or two; 0: neither. */
static size_t han_at(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	if (n >= 2 && u[0] == 0xc2 && u[1] == 0xb7)
		return 2;
	return n >= HAN_BYTES && u[0] >= 0xe3 && u[0] <= 0xe9 && (u[1] & 0xc0) == 0x80 &&
			       (u[2] & 0xc0) == 0x80
		       ? HAN_BYTES
		       : 0;
}

static enum err try_han(const struct clear *c, struct str run, unsigned *found)
{
	size_t at[512], n = 0;
	enum err e = OK;

	for (size_t i = 0; i < run.n && n < ARRAY_LEN(at); n++) {
		at[n] = i;
		i += han_at(run.p + i, run.n - i);
	}
	if (n == NAME_LEAST || (n > NAME_MOST && n < ARRAY_LEN(at)))
		e = try_one(c, VAULT_NAME, run, found);
	for (size_t i = 0; i < n && !e; i++)
		for (size_t k = NAME_LEAST + 1; k <= NAME_MOST && i + k <= n && !e; k++) {
			size_t end = i + k < n ? at[i + k] : run.n;

			e = try_one(c, VAULT_NAME, (struct str){ run.p + at[i], end - at[i] },
				    found);
		}
	return e;
}

static enum err look(const struct clear *c, struct str s, unsigned *found)
{
	size_t i = 0, n;
	enum err e = OK;

	while (i < s.n && !e) {
		const char *p = s.p + i;

		if (is_digit(*p)) {
			n = digits_from(p, s.n - i);
			e = try_digits(c, (struct str){ p, n }, found);
			i += n;
		} else if (han_at(p, s.n - i)) {
			for (n = 0; han_at(p + n, s.n - i - n);)
				n += han_at(p + n, s.n - i - n);
			e = try_han(c, (struct str){ p, n }, found);
			i += n;
		} else
			i++;
	}
	return e;
}

enum err clear_text(struct clear *c, struct str text, unsigned *ret)
{
	enum err e;

	*ret = 0;
	e = look(c, text, ret);
	return e || !text.n ? e : try_one(c, VAULT_ADDRESS, text, ret);
}

enum err clear_piece(struct clear *c, struct str bytes, unsigned *ret)
{
	enum err e;

	*ret = 0;
	buf_put(&c->held, bytes.p, bytes.n);
	if (c->held.failed)
		return c->held.failed;
	e = look(c, buf_view(&c->held), ret);
	if (!bytes.n) {
		c->held.n = 0;
	} else if (c->held.n > OVERLAP) {
		memmove(c->held.p, c->held.p + c->held.n - OVERLAP, OVERLAP);
		c->held.n = OVERLAP;
	}
	return e;
}
