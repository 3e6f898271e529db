/* scene.c - a house in which things happen. */
#include "support/scene.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "ledger/entry.h"

enum { STEPS_MAX = 64, SQL_BYTES = 16384, MINUTE_S = 60 };

static void must(struct scene *s, enum err e, const char *what)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s: %s\n", what, err_word(e), s->d->fault.en);
	abort();
}
#define DO(act) must(s, (act), #act)

/* ---- the toy ---- */

void scene_steps(void)
{
	static struct db_step steps[STEPS_MAX];
	size_t n = db_steps_builtin_n;

	if (n + 1 > STEPS_MAX)
		abort();
	memcpy(steps, db_steps_builtin, n * sizeof steps[0]);
	steps[n] = (struct db_step){
		9000, "scene",
		"-- spread: county\n"
		"CREATE TABLE scene_thing (county BIGINT NOT NULL, id BIGINT NOT NULL,"
		" version BIGINT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (county, id));"
	};
	database_steps(steps, n + 1);
}

static const struct sql thing_get = {
	.name = "thing.get",
	.text = "SELECT version, text FROM scene_thing WHERE county = $1 AND id = $2",
	.args = "ii",
};
static const struct sql thing_count = {
	.name = "thing.count",
	.text = "SELECT count(*) FROM scene_thing WHERE county = $1",
	.args = "i",
};
static const struct sql thing_put = {
	.name = "thing.put",
	.text = "INSERT INTO scene_thing (county, id, version, text) VALUES ($1, $2, $3, $4) "
		"ON CONFLICT (county, id) DO UPDATE SET version = $3, text = $4",
	.args = "iiit",
	.act = SQL_WRITE,
};
static const struct sql thing_drop = {
	.name = "thing.drop",
	.text = "DELETE FROM scene_thing WHERE county = $1 AND id = $2",
	.args = "ii",
	.act = SQL_WRITE,
};

static struct crypt_hash hash_of(int64_t id, int64_t version, struct str text)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct crypt_hash h;

	buf_fmt(&b, "%lld|%lld|", (long long)id, (long long)version);
	buf_str(&b, text);
	if (b.failed || crypt_hash(CRYPT_WORLD, b.p, b.n, &h))
		abort();
	return h;
}

struct deed {
	struct scene *s;
	struct area_code county;
	int64_t id;
	bool removes;
	char text[32];
};

static enum err deed_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct deed *a = arg;
	CLEANUP(rows_end) struct rows *r = NULL;
	struct ledger_entry en = { .county = a->county,
				   .at = a->s->now,
				   .kind = LEDGER_ACT,
				   .actor = 17,
				   .session = 4711,
				   .purpose = STR("duty"),
				   .object = STR("thing"),
				   .object_id = a->id,
				   .action = STR("edit") };
	enum err e = tx_row(tx, &thing_get, SQL_ARGS(sql_i64(a->county.v), sql_i64(a->id)), &r, f);

	if (e && e != ERR_ABSENT)
		return e;
	en.version = 1;
	if (!e) {
		en.version = rows_i64(r, 0) + 1;
		en.before = hash_of(a->id, en.version - 1, rows_text(r, 1));
	}
	rows_end(&r);
	if (a->removes)
		e = tx_run(tx, &thing_drop, SQL_ARGS(sql_i64(a->county.v), sql_i64(a->id)), NULL,
			   f);
	else
		e = tx_run(tx, &thing_put,
			   SQL_ARGS(sql_i64(a->county.v), sql_i64(a->id), sql_i64(en.version),
				    sql_text(str_of(a->text))),
			   NULL, f);
	if (!a->removes)
		en.after = hash_of(a->id, en.version, str_of(a->text));
	return e ? e : ledger_append(tx, &en, &a->s->last, f);
}

static void do_deed(struct scene *s, uint32_t county, int64_t id, bool removes)
{
	struct deed a = { .s = s, .county = history_county(county), .id = id, .removes = removes };

	snprintf(a.text, sizeof a.text, "word %u", dice_below(&s->dice, 1000000));
	s->now.v++;
	DO(db_write(s->d->db, deed_act, &a, &s->d->fault));
}

void scene_act(struct scene *s, uint32_t county, int64_t id)
{
	do_deed(s, county, id, false);
}

void scene_remove(struct scene *s, uint32_t county, int64_t id)
{
	do_deed(s, county, id, true);
}

static enum err read_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct deed *a = arg;
	struct ledger_entry en = { .county = a->county,
				   .at = a->s->now,
				   .actor = 18,
				   .purpose = STR("oversight"),
				   .object = STR("thing"),
				   .object_id = a->id };

	return ledger_read(tx, &en, &a->s->last, f);
}

void scene_read(struct scene *s, uint32_t county, int64_t id)
{
	struct deed a = { .s = s, .county = history_county(county), .id = id };

	s->now.v++;
	DO(db_write(s->d->db, read_act, &a, &s->d->fault));
}

static void file_path(const struct scene *s, int64_t id, char *ret, size_t n)
{
	snprintf(ret, n, "%s/file-%lld", s->folder.s, (long long)id);
}

static enum err file_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct deed *a = arg;
	struct ledger_entry en = { .county = a->county,
				   .at = a->s->now,
				   .kind = LEDGER_ACT,
				   .actor = 17,
				   .purpose = STR("duty"),
				   .object = STR("file"),
				   .object_id = a->id,
				   .version = 1,
				   .action = STR("attach") };

	if (crypt_hash(CRYPT_WORLD, a->text, strlen(a->text), &en.after))
		return ERR_MEMORY;
	return ledger_append(tx, &en, &a->s->last, f);
}

void scene_file(struct scene *s, uint32_t county, int64_t id, const char *text)
{
	struct deed a = { .s = s, .county = history_county(county), .id = id };
	char path[PATHS_BYTES + 64];
	struct file *fl;

	snprintf(a.text, sizeof a.text, "%s", text);
	file_path(s, id, path, sizeof path);
	DO(file_open(path, FILE_REPLACE, &fl, NULL));
	DO(file_write(fl, text, strlen(text), NULL));
	DO(file_close(&fl, NULL));
	DO(db_write(s->d->db, file_act, &a, &s->d->fault));
}

void scene_many(struct scene *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t county = dice_below(&s->dice, 3);
		int64_t id = 1 + dice_below(&s->dice, 9);

		if (dice_chance(&s->dice, 0.3))
			scene_read(s, county, id);
		else
			scene_act(s, county, id);
	}
}

/* ---- life ---- */

struct heads_options scene_options(struct scene *s)
{
	static const char *copies[1];

	copies[0] = s->copy_folder;
	return (struct heads_options){ .db = s->d->db,
				       .path = s->heads_path,
				       .copies = copies,
				       .n_copies = 1,
				       .signer = s->signer,
				       .suite = s->suite,
				       .every_s = MINUTE_S,
				       .every_entries = 1000 };
}

static enum err suite_act(struct tx *tx, void *arg, struct fault *f)
{
	return ledger_use_suite(tx, ((struct scene *)arg)->suite, f);
}

static enum err take_name(const char *name, void *arg, struct fault *f)
{
	struct scene *s = arg;

	(void)f;
	snprintf(s->copy_path, sizeof s->copy_path, "%s/%s", s->copy_folder, name);
	return OK;
}

void scene_begin(struct scene *s, struct database *d, enum crypt_suite suite, uint64_t seed)
{
	struct heads_options o;

	*s = (struct scene){
		.d = d, .dice = { seed }, .now = { DATABASE_NOW + 10 }, .suite = suite
	};
	d->options.synchronous =
		"OFF"; /* nobody pulls the plug here, and a hundred acts are many */
	DO(database_again(d, &d->fault));
	s->folder = path_scratch();
	s->signer = history_signer(suite, seed);
	snprintf(s->heads_path, sizeof s->heads_path, "%s/heads", s->folder.s);
	snprintf(s->copy_folder, sizeof s->copy_folder, "%s/copy", s->folder.s);
	DO(dir_make(s->copy_folder, NULL));
	DO(db_write(d->db, suite_act, s, &d->fault));
	o = scene_options(s);
	DO(heads_open(&o, &s->heads, &d->fault));
	scene_head(s);
	DO(dir_each(s->copy_folder, take_name, s, NULL));
}

void scene_end(struct scene *s)
{
	struct path copy = path_join(&s->folder, "copy");

	heads_end(&s->heads);
	crypt_signer_end(&s->signer);
	path_forget(&copy);
	path_forget(&s->folder);
}

void scene_head(struct scene *s)
{
	struct heads_said said;

	s->now.v += MINUTE_S;
	DO(heads_step(s->heads, s->now, &said, &s->d->fault));
	if (!said.cut || said.behind)
		abort();
}

enum err scene_restart(struct scene *s, struct fault *f)
{
	struct heads_options o = scene_options(s);

	heads_end(&s->heads);
	return heads_open(&o, &s->heads, f);
}

/* ---- the attacker's tools ---- */

static void raw_sqlite(const struct scene *s, const char *sql)
{
	char path[PATHS_BYTES], *why = NULL;
	sqlite3 *h = NULL;

	snprintf(path, sizeof path, "%s/outpost.sqlite", s->d->url + strlen("sqlite:"));
	if (sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		abort();
	sqlite3_busy_timeout(h, 10000);
	if (sqlite3_exec(h, sql, NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, why);
		abort();
	}
	sqlite3_close(h);
}

static void raw_postgres(const struct scene *s, const char *sql)
{
	char url[POSTGRES_URL_BYTES];
	PGconn *c;
	PGresult *r;

	postgres_as_superuser(s->d->url, url);
	c = PQconnectdb(url);
	r = PQexec(c, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
		fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(c));
		abort();
	}
	PQclear(r);
	PQfinish(c);
}

void scene_raw(struct scene *s, const char *sql, ...)
{
	char text[SQL_BYTES];
	va_list args;
	int n;

	va_start(args, sql);
	n = vsnprintf(text, sizeof text, sql, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof text)
		abort();
	if (s->d->sqlite)
		raw_sqlite(s, text);
	else
		raw_postgres(s, text);
}

static void blob(const struct scene *s, const uint8_t *p, size_t n, char *ret)
{
	ret += sprintf(ret, s->d->sqlite ? "X'" : "'\\x");
	for (size_t i = 0; i < n; i++)
		ret += sprintf(ret, "%02x", p[i]);
	sprintf(ret, "'");
}

struct row_ask {
	struct area_code county;
	int64_t seq;
	struct scene_row *ret;
};

static enum err take_row(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			 struct fault *f)
{
	struct scene_row *ret = arg;

	(void)f;
	ret->n = entry_write(en, ret->bytes);
	ret->hash = *hash;
	return OK;
}

static enum err row_act(struct tx *tx, void *arg, struct fault *f)
{
	struct row_ask *a = arg;

	return ledger_at(tx, a->county, a->seq, take_row, a->ret, f);
}

struct scene_row scene_row(struct scene *s, uint32_t county, int64_t seq)
{
	struct scene_row ret = { 0 };
	struct row_ask a = { history_county(county), seq, &ret };

	DO(db_read(s->d->db, row_act, &a, &s->d->fault));
	return ret;
}

void scene_put_row(struct scene *s, uint32_t county, int64_t seq, const struct scene_row *row)
{
	char bytes[2 * LEDGER_ENTRY_BYTES_MAX + 8], hash[2 * CRYPT_HASH_BYTES + 8];
	struct ledger_entry en;

	if (entry_parse((struct str){ (const char *)row->bytes, row->n }, &en))
		abort();
	blob(s, row->bytes, row->n, bytes);
	blob(s, row->hash.v, sizeof row->hash.v, hash);
	scene_raw(s,
		  "UPDATE ledger_entry SET at_s = %lld, actor = %lld, object = '%.*s', "
		  "object_id = %lld, version = %lld, bytes = %s, hash = %s "
		  "WHERE county = %lld AND seq = %lld",
		  (long long)en.at.v, (long long)en.actor, (int)en.object.n, en.object.p,
		  (long long)en.object_id, (long long)en.version, bytes, hash,
		  (long long)history_county(county).v, (long long)seq);
}

static enum err end_act(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql sql = {
		.name = "scene.end",
		.text = "SELECT max(seq) FROM ledger_entry WHERE county = $1",
		.args = "i"
	};
	CLEANUP(rows_end) struct rows *r = NULL;
	struct row_ask *a = arg;
	enum err e = tx_row(tx, &sql, SQL_ARGS(sql_i64(a->county.v)), &r, f);

	if (!e)
		a->seq = rows_i64(r, 0);
	return e;
}

int64_t scene_end_of(struct scene *s, uint32_t county)
{
	struct row_ask a = { history_county(county), 0, NULL };

	DO(db_read(s->d->db, end_act, &a, &s->d->fault));
	return a.seq;
}

void scene_chain_anew(struct scene *s, uint32_t county, int64_t seq)
{
	CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;
	int64_t end = scene_end_of(s, county);
	struct crypt_hash prev = LEDGER_NO_HASH;
	char hash[2 * CRYPT_HASH_BYTES + 8];

	DO(crypt_hasher_new(s->suite, &h));
	if (seq > 1)
		prev = scene_row(s, county, seq - 1).hash;
	for (; seq <= end; seq++) {
		struct scene_row row = scene_row(s, county, seq);

		entry_hash(h, &prev, (struct str){ (char *)row.bytes, row.n }, &row.hash);
		scene_put_row(s, county, seq, &row);
		prev = row.hash;
	}
	blob(s, prev.v, sizeof prev.v, hash);
	scene_raw(s, "UPDATE ledger_head SET seq = %lld, hash = %s WHERE county = %lld",
		  (long long)end, hash, (long long)history_county(county).v);
}

void scene_copy_file(const char *from, const char *to)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	struct file *fl;

	if (file_map_read(from, &m, NULL) || file_open(to, FILE_REPLACE, &fl, NULL) ||
	    file_write(fl, m.p, m.n, NULL) || file_close(&fl, NULL))
		abort();
}

static const char *const TABLES[] = { "ledger_entry", "ledger_head", "ledger_pace", "scene_thing" };

void scene_keep_database(struct scene *s, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(TABLES); i++)
		scene_raw(s, "CREATE TABLE %s_%s AS SELECT * FROM %s", name, TABLES[i], TABLES[i]);
}

void scene_put_back_database(struct scene *s, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(TABLES); i++) {
		scene_raw(s, "DELETE FROM %s", TABLES[i]);
		scene_raw(s, "INSERT INTO %s SELECT * FROM %s_%s", TABLES[i], name, TABLES[i]);
	}
}

/* ---- the verifier ---- */

static enum err thing_same(struct tx *tx, const struct ledger_entry *last, void *arg,
			   bool *ret_same, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &thing_get,
			    SQL_ARGS(sql_i64(last->county.v), sql_i64(last->object_id)), &r, f);
	struct crypt_hash h;

	(void)arg;
	*ret_same = last->after.v[0] == 0;
	if (e == ERR_ABSENT)
		return OK;
	if (e)
		return e;
	h = hash_of(last->object_id, rows_i64(r, 0), rows_text(r, 1));
	*ret_same = rows_i64(r, 0) == last->version && memcmp(h.v, last->after.v, sizeof h.v) == 0;
	return OK;
}

static enum err thing_number(struct tx *tx, struct area_code county, void *arg, uint64_t *ret,
			     struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &thing_count, SQL_ARGS(sql_i64(county.v)), &r, f);

	(void)arg;
	if (!e)
		*ret = (uint64_t)rows_i64(r, 0);
	return e;
}

static enum err same_file(struct tx *tx, const struct ledger_entry *last, void *arg, bool *ret_same,
			  struct fault *f)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	char path[PATHS_BYTES + 64];
	struct crypt_hash h = LEDGER_NO_HASH;
	enum err e;

	(void)tx;
	(void)f;
	file_path(arg, last->object_id, path, sizeof path);
	e = file_map_read(path, &m, NULL);
	if (!e)
		e = crypt_hash(CRYPT_WORLD, m.p, m.n, &h);
	*ret_same = !e && memcmp(h.v, last->after.v, sizeof h.v) == 0;
	return e == ERR_ABSENT ? OK : e;
}

static void tell(const struct verify_report *r, struct buf *ret)
{
	struct json j;

	json_begin(&j, ret);
	json_open(&j, '{');
	verify_tell(r, &j);
	json_close(&j, '}');
}

/* Many threads must say what one says. */
struct verify_report scene_verify(struct scene *s, const char *against)
{
	struct verify_object objects[] = {
		{ STR("thing"), thing_same, NULL, thing_number, NULL, NULL },
		{ STR("file"), same_file, NULL, NULL, NULL, s },
	};
	struct verify_ask ask = { .db = s->d->db,
				  .heads = s->heads_path,
				  .against = against,
				  .objects = objects,
				  .n_objects = ARRAY_LEN(objects) };
	struct verify_report r = { 0 }, same = { 0 };
	CLEANUP(buf_release) struct buf one = { 0 }, four = { 0 };

	DO(verify_run(&ask, &r, &s->d->fault));
	ask.threads = 4;
	DO(verify_run(&ask, &same, &s->d->fault));
	tell(&r, &one);
	tell(&same, &four);
	if (!str_eq(buf_view(&one), buf_view(&four))) {
		(void)fprintf(stderr, "one thread:   %.*s\nfour threads: %.*s\n", (int)one.n, one.p,
			      (int)four.n, four.p);
		abort();
	}
	return r;
}
