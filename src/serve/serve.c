#include "serve/serve.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "grid/area.h"
#include "grid/area_http.h"
#include "loop/evidence.h"
#include "http/asset.h"
#include "http/stream.h"
#include "ledger/ledger.h"
#include "loop/channel.h"
#include "loop/moved.h"
#include "loop/notice.h"
#include "safety/safety.h"
#include "serve/epoch.h"
#include "serve/nouns.h"
#include "serve/notify.h"
#include "serve/silent.h"

#include "base/ban.h"

enum { PICTURES_AT_ONCE = 2, SWEEP_S = 60, STOP_S = 10, MIB = 1 << 20, KIB = 1 << 10 };

/* ---- what is declared ------------------------------------ */

static enum err prime(struct tx *tx, void *arg, struct fault *f)
{
	return record_prime(arg, tx, f);
}

static enum err open_book(struct serve *s, struct fault *f)
{
	const struct noun *nouns[NOUNS_MAX];
	struct record_follower followers[LOOP_FOLLOWERS];
	const struct record_options o = {
		.nouns = nouns,
		.n = nouns_all(nouns),
		.follower = followers,
		.n_followers = LOOP_FOLLOWERS,
		.zone = s->house->zone,
		.clock = &s->wall,
		.area_names = area_names,
		.areas = area_each,
		.scratch = s->scratch_path,
	};
	const struct sql_list *lists;
	size_t n;
	enum err e;

	house_path(s->house->dir, "scratch", s->scratch_path);
	loop_followers(&s->rooms.loop, followers);
	if ((e = record_open(&o, &s->book, f)))
		return e;
	lists = record_statements(s->book, &n);
	if ((e = db_prepare_all(s->house->db, lists, n, f)))
		return e;
	return db_read(s->house->db, prime, s->book, f);
}

/* Where a trace looks: docs/adr/0027-sql-path.md. Nothing is guessed. */
static enum err trace_by(const char *word, enum trail_by *ret, struct fault *f)
{
	*ret = strcmp(word, "sql") == 0 ? TRAIL_BY_SQL : TRAIL_BY_ENGINE;
	if (*ret == TRAIL_BY_SQL || strcmp(word, "engine") == 0)
		return OK;
	return fault_set(f, ERR_USAGE, "追踪方式只能是 engine 或 sql，不能是 %s",
			 "a trace goes by engine or by sql, not by %s", word);
}

static enum err open_trail(struct serve *s, const char *by, struct fault *f)
{
	const struct house *h = s->house;
	struct trail_options o = {
		.db = h->db,
		.dir = s->trail_path,
		.keys = s->days_path,
		.zone = h->zone,
		.county = area_county(h->area),
		.suite = (enum crypt_suite)h->secret.v[0],
		.chance = &crypt_random_system,
	};
	struct epidemic_options eo = {
		.db = h->db,
		.book = s->book,
		.loop = s->rooms.loop.loop,
		.intake = s->intake,
		.vault = s->vault,
		.signer = h->signer,
		.zone = h->zone,
	};
	struct fault unasked = { 0 };
	enum err e;

	house_path(h->dir, "trail", s->trail_path);
	house_path(h->dir, "keys/days", s->days_path);
	if ((e = trace_by(by ? by : h->config.trace_by, &o.by, f)) ||
	    (e = trail_open(&o, &s->trail, f)))
		return e;
	eo.trail = s->trail;
	if ((e = epidemic_open(&eo, &s->rooms.epidemic)))
		return e;
	intake_trail(s->intake, s->trail);
	ignore(epidemic_settle(s->rooms.epidemic, clock_s(&s->wall), &unasked));
	ignore(intake_settle(s->intake, &unasked));
	return trail_expiry_begin(s->trail, &s->expiry, clock_s(&s->wall), clock_s(&s->steady).v,
				  f);
}

static enum err open_intake(struct serve *s, struct fault *f)
{
	const struct intake_options o = {
		.db = s->house->db,
		.book = s->book,
		.vault = s->vault,
		.zone = s->house->zone,
		.secret = &s->house->secret,
		.signer = s->house->signer,
		.chance = &crypt_random_system,
	};

	return intake_open(&o, &s->intake, f);
}

static enum err open_routes(struct serve *s, struct fault *f)
{
	const struct route_list lists[] = {
		serve_routes,         dispatch_routes_session,
		dispatch_routes_self, dispatch_routes_account,
		dispatch_routes_key,  dispatch_routes_filter,
		area_routes,          record_routes(s->book),
		epidemic_routes,      intake_routes(s->intake),
		look_routes(s->look), loop_routes(s->rooms.loop.loop),
		serve_expiry_routes,  notices_routes(s->notices),
	};
	enum err e = routes_new(lists, ARRAY_LEN(lists), &s->routes, f);

	return e ? e : record_openapi(s->book, s->routes);
}

static enum err page(void *arg, struct http_request *rq, struct http_reply *rp, struct fault *f)
{
	(void)arg;
	(void)f;
	return http_asset_reply(&http_console, rq, rp);
}

/* Who may hear of it: those who may read such things. CAP_NONE: nobody. */
static enum capability hears(struct str object)
{
	const struct noun *nouns[NOUNS_MAX];
	size_t n = nouns_all(nouns);

	for (size_t i = 0; i < n; i++)
		if (str_eq(object, str_of(nouns[i]->name)))
			return nouns[i]->read;
	return str_eq(object, STR("break_glass")) ? CAP_BREAK_GLASS_READ : CAP_NONE;
}

/* A hint to open pages that something they may show has changed; who may see it asks for it. */
static void tell_acted(void *serve, const struct ledger_entry *act, struct area_code area)
{
	struct serve *s = serve;
	char data[80];
	enum capability need = hears(act->object);
	struct http_event ev = { act->object, area.v, { data, 0 }, capability_bit(need) };

	epidemic_acted(s->rooms.epidemic, act);
	ev.data.n =
		(size_t)snprintf(data, sizeof data, "{\"id\":\"%lld\"}", (long long)act->object_id);
	if (s->http && need != CAP_NONE)
		ignore(http_publish(s->http, &ev));
}

static enum err open_access(struct serve *s)
{
	const struct config *c = &s->house->config;
	struct policy_choice p = policy_defaults();
	struct dispatch_options o = {
		.db = s->house->db,
		.routes = s->routes,
		.clock = s->wall,
		.zone = s->house->zone,
		.house = s,
		.page = page,
		.area_tell = area_http_tell,
		.acted = tell_acted,
	};
	enum err e;

	p.idle_s = c->idle_min * 60;
	p.absolute_s = c->absolute_h * 3600;
	p.demo = c->demo;
	p.issuer = c->name;
	p.key = s->house->secret;
	e = policy_new(&p, &s->policy);
	crypt_wipe(&p.key, sizeof p.key);
	if (e)
		return e;
	o.policy = s->policy;
	return dispatch_new(&o, &s->dispatch);
}

static enum err open_heads(struct serve *s, struct fault *f)
{
	struct heads_options o;

	house_heads(s->house, s->heads_path, s->copies, &o);
	return heads_open(&o, &s->heads, f);
}

/* ---- figures ------------------------------------ */

static int64_t commits(void *db)
{
	return (int64_t)db_counts(db).commits;
}

static int64_t acts(void *db)
{
	return (int64_t)db_counts(db).acts;
}

static enum err open_metrics(struct serve *s, struct fault *f)
{
	const struct http_metric_spec specs[] = {
		{ HTTP_COUNTER, "outpost_db_commits_total", NULL, "Commits of the database",
		  commits, s->house->db },
		{ HTTP_COUNTER, "outpost_db_acts_total", NULL, "Acts that were made durable", acts,
		  s->house->db },
		{ HTTP_COUNTER, "outpost_messages_told_total", NULL,
		  "Messages that a mail server or webhook took", channels_told, s->channels },
		{ HTTP_COUNTER, "outpost_messages_failed_total", NULL,
		  "Tries of a message that came to nothing", channels_failed, s->channels },
	};
	struct http_metric *asked;
	enum err e = http_metrics_new(&s->metrics);

	for (size_t i = 0; !e && i < ARRAY_LEN(specs); i++)
		e = http_metric_add(s->metrics, &specs[i], &asked, f);
	return e;
}

/* ---- the port ------------------------------------ */

static bool on_loopback(const char *listen)
{
	return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]", 5) == 0 ||
	       strncmp(listen, "localhost:", 10) == 0;
}

struct pem {
	struct file_map cert, key;
	uint64_t digest;
};

static void pem_end(struct pem *p)
{
	file_unmap(&p->cert);
	file_unmap(&p->key);
}

static enum err read_pem(const struct house *h, struct pem *p, struct fault *f)
{
	char path[PATH_MAX];
	enum err e;

	house_path(h->dir, "tls/server.pem", path);
	if ((e = file_map_read(path, &p->cert, f)))
		return e;
	house_path(h->dir, "keys/server.pem", path);
	if ((e = file_map_read(path, &p->key, f)))
		return e;
	p->digest = digest_seeded(p->key.p, p->key.n, digest_of(p->cert.p, p->cert.n)) | 1;
	return OK;
}

static struct str text_of(const struct file_map *m)
{
	return (struct str){ (const char *)m->p, m->n };
}

enum err serve_certificate(struct serve *s, bool *ret, struct fault *f)
{
	CLEANUP(pem_end) struct pem pem = { 0 };
	enum err e;

	if (ret)
		*ret = false;
	if (!s->certificate)
		return OK;
	if ((e = read_pem(s->house, &pem, f)) || pem.digest == s->certificate)
		return e;
	if ((e = http_certificate(s->http, text_of(&pem.cert), text_of(&pem.key), f)))
		return e;
	s->certificate = pem.digest;
	if (ret)
		*ret = true;
	return OK;
}

static enum err open_http(struct serve *s, const struct serve_options *so, struct fault *f)
{
	CLEANUP(pem_end) struct pem pem = { 0 };
	const struct config *c = &s->house->config;
	struct http_options o = http_defaults();
	const char *names[CONFIG_LIST_MAX + 1] = { NULL };
	enum err e;

	o.listen = so->listen ? so->listen : c->listen;
	for (size_t i = 0; i < c->names.n; i++)
		names[i] = c->names.v[i];
	o.names = names;
	o.behind_proxy = c->behind_proxy;
	o.header_bytes_max = (size_t)c->header_kb * KIB;
	o.body_bytes_max = (size_t)c->body_mb * MIB;
	o.memory_bytes_max = (size_t)c->memory_mb * MIB;
	o.connections_max = (unsigned)c->connections;
	o.per_address_max = (unsigned)c->per_address;
	o.header_s = (unsigned)c->header_s;
	o.body_s = (unsigned)c->body_s;
	o.reply_s = (unsigned)c->reply_s;
	o.streams_max = (unsigned)c->streams;
	o.threads = (unsigned)c->threads;
	o.wall = so->wall;
	o.steady = so->steady;
	o.log = so->log;
	o.log_arg = so->log_arg;
	o.metrics = s->metrics;
	o.begin = dispatch_begin;
	o.handler = dispatch_handle;
	o.arg = s->dispatch;
	if (!on_loopback(o.listen)) { /* telephones work offline over HTTPS alone */
		if ((e = read_pem(s->house, &pem, f)))
			return e;
		o.tls_cert = text_of(&pem.cert);
		o.tls_key = text_of(&pem.key);
		s->certificate = pem.digest;
	}
	return http_open(&o, &s->http, f);
}

/* ---- beginning and end ------------------------------------ */

static enum err open_look(struct serve *s, struct fault *f)
{
	const struct look_options o = { s->vault, s->house->signer, s->book };

	return look_open(&o, &s->look, f);
}

static enum err open_exhibits(struct serve *s, const char *program, struct fault *f)
{
	const struct blobs_options o = { .dir = s->exhibits_path,
					 .secret = &s->house->secret,
					 .chance = &crypt_random_system };
	enum err e;

	house_path(s->house->dir, HOUSE_EXHIBITS, s->exhibits_path);
	s->evidence.bytes_max = (size_t)s->house->config.file_mb * MIB;
	if ((e = picture_reader_new(program, PICTURES_AT_ONCE, &s->evidence.reader)))
		return e;
	return blobs_open(&o, &s->evidence.blobs, f);
}

/* What the clock did: open pages of those who may see it hear of it. */
static void tell_by_clock(void *serve, struct area_code county, const char *object, int64_t id)
{
	struct ledger_entry en = { .county = county, .object = str_of(object), .object_id = id };

	tell_acted(serve, &en, county);
}

/* Rooms whose rows have tasks. */
static const struct loop_about about[] = {
	{ "contact", "contact", contact_task_step },
	{ "measure", "appeal", measure_task_step },
	{ "hazard", "hazard", hazard_task_step },
	{ NULL, NULL, NULL },
};

static enum err open_loop(struct serve *s, struct fault *f)
{
	const struct loop_options o = { .db = s->house->db,
					.book = s->book,
					.zone = s->house->zone,
					.told = tell_by_clock,
					.told_arg = s,
					.about = about,
					.evidence = s->evidence };

	return loop_open(&o, &s->rooms.loop.loop, f);
}

static enum err declare(struct serve *s, struct fault *f)
{
	enum err e = vault_connect(&(struct vault_options){ .dir = s->house->dir }, &s->vault);

	if (e || (e = open_book(s, f)) || (e = open_look(s, f)) || (e = open_intake(s, f)) ||
	    (e = open_loop(s, f)) || (e = notify_declare(s, f)))
		return e;
	return open_routes(s, f);
}

enum err serve_open(struct house *h, const struct serve_options *o, struct serve **ret,
		    struct fault *f)
{
	CLEANUP(serve_close) struct serve *s = mem_take(1, sizeof *s);
	enum err e;

	if (!s)
		return ERR_MEMORY;
	s->house = h;
	s->wall = o->wall;
	s->steady = o->steady;
	s->log = o->log;
	s->log_arg = o->log_arg;
	if ((e = open_exhibits(s, o->program, f)) || (e = declare(s, f)) ||
	    (e = open_trail(s, o->trace, f)) || (e = open_access(s)) || (e = open_heads(s, f)) ||
	    (e = open_metrics(s, f)) || (e = open_http(s, o, f)) || (e = notify_begin(s, f)))
		return e;
	*ret = s;
	s = NULL;
	return OK;
}

enum err serve_check(struct house *h, struct fault *f)
{
	CLEANUP(serve_close) struct serve *s = mem_take(1, sizeof *s);

	if (!s)
		return ERR_MEMORY;
	s->house = h;
	s->wall = clock_wall;
	return declare(s, f);
}

/* A feed has become silent: open pages of those who may see it hear of it. */
static void tell_silent(void *serve, struct area_code county, int64_t feed)
{
	struct ledger_entry en = { .county = county, .object = STR("feed"), .object_id = feed };

	tell_acted(serve, &en, county);
}

/* One folder of them a time, in turn; what cannot be swept now is found the next time round. */
static void sweep_exhibits(struct serve *s)
{
	struct fault unasked = { 0 };
	uint64_t n;

	ignore(evidence_sweep(&s->evidence, s->house->db, s->swept_folder, &n, &unasked));
	s->swept_folder = (s->swept_folder + 1) % BLOB_FOLDERS;
}

/* What a push left that died; without the vault it is done the next time. */
static enum err settle(struct serve *s, struct utc_s now, struct fault *f)
{
	struct intake_clocks t;
	struct fault unasked = { 0 };
	enum err e, asked;

	ignore(intake_settle(s->intake, &unasked));
	ignore(epidemic_settle(s->rooms.epidemic, now, &unasked));
	t.now = clock_s(&s->wall); /* feeds have spoken meanwhile */
	t.steady = clock_s(&s->steady);
	e = intake_tick(s->intake, &t, tell_silent, s, f);
	asked = silent_tick(s, t.now, tell_by_clock, e ? &unasked : f);
	return e ? e : asked;
}

static enum err beat(struct serve *s, struct utc_s now, struct fault *f)
{
	struct expiry_report ended;
	struct fault later = { 0 };
	struct vault_state st;
	enum err sent, e = heads_step(s->heads, now, NULL, f);

	if (!e)
		e = trail_tick(s->trail, f);
	if (e || (now.v >= s->swept_s && now.v < s->swept_s + SWEEP_S))
		return e; /* a clock that was set back stops no sweep */
	s->swept_s = now.v;
	if ((e = trail_expire_by(s->trail, &s->expiry, now, clock_s(&s->steady).v, &ended, f)))
		return e;
	if ((e = epidemic_expire(s->rooms.epidemic, f)))
		return e;
	s->vault_sealed = vault_look(s->vault, &st, NULL) != OK;
	if (!s->vault_sealed && (e = epoch_step(s, &st, f)))
		return e;
	if (ended.days) { /* whom the vault knows by those visits alone it may forget */
		struct fault unasked = { 0 };
		struct utc_s before =
			zone_day_start(s->house->zone, trail_first_day(s->trail, now));

		ignore(vault_expire(s->vault, before, &unasked));
	}
	sweep_exhibits(s);
	ignore(serve_certificate(s, NULL, NULL)); /* half of a new pair: the next time */
	e = epidemic_tick(s->rooms.epidemic, now, f);
	sent = settle(s, now, e ? &later : f);
	e = e ? e : sent;
	sent = dispatch_tick(s->dispatch, e ? &later : f);
	return e ? e : sent;
}

/* Deadlines wait for nothing else, nor does anything wait for them. */
enum err serve_tick(struct serve *s, struct utc_s now, struct fault *f)
{
	struct fault why = { 0 };
	enum err late = loop_tick(s->rooms.loop.loop, now, clock_s(&s->steady), &why);
	enum err told = notify_tick(s, now, &why);
	enum err e = beat(s, now, f);

	late = late ? late : told;
	if (!e && late && f)
		*f = why;
	return e ? e : late;
}

void serve_close(struct serve **serve)
{
	struct serve *s = *serve;

	if (!s)
		return;
	if (s->http)
		(void)http_stop(s->http, STOP_S);
	notify_end(s);
	http_close(s->http);
	if (s->heads)
		ignore(heads_stop(s->heads, clock_s(&s->wall), NULL));
	heads_end(&s->heads);
	dispatch_end(&s->dispatch);
	policy_end(&s->policy);
	routes_end(&s->routes);
	epidemic_close(&s->rooms.epidemic);
	loop_close(&s->rooms.loop.loop);
	blobs_close(&s->evidence.blobs);
	picture_reader_end(&s->evidence.reader);
	intake_close(&s->intake);
	trail_close(&s->trail);
	record_end(&s->book);
	look_close(&s->look);
	vault_end(&s->vault);
	http_metrics_free(s->metrics);
	mem_drop(s);
	*serve = NULL;
}
