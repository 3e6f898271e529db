/*
 * loop_killed.c - a server full of tasks, killed at any moment: each act that was acknowledged was
 * done and was done once, every task has the owner it should have, contacts add up.
 *
 * Each teller tells stories: a task from its beginning to its end by several people, a campaign, a
 * photo, a contact that is pushed elsewhere. Whoever gets no answer asks again under the same key;
 * requests that were answered come again, at once and much later, under their key and under
 * another. A story knows what must have become of it.
 *
 * OUTPOST_CYCLES sets how many kills.
 *
 * Long because it holds one story of each act of the loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/flow/table.h"
#include "ledger/ledger.h"
#include "loop/evidence.h"
#include "exhibit/blobs.h"
#include "serve/sound.h"
#include "support/mortal.h"
#include "support/outbreak.h"
#include "support/scenes.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CYCLES = 4 };
#else
enum { CYCLES = 10 };
#endif
enum { TELLERS = 5, ANSWERS_5XX_MAX = 400, IN_CINEMA = 30, CONTACTS = IN_CINEMA + 3, TRACES = 3 };
enum { THINGS = 4 }; /* organisations of the county: what a campaign has in scope */

/* What came back, and must come back again. */
struct said {
	enum ward_who who;
	const char *method, *type;
	char *target, key[32];
	struct buf body;
	int status;
	char *receipt;
};
/* What must be there of a task. */
struct known {
	int64_t id, owner;
	const char *state;
	int n[FLOW_ON_N];
};
struct town {
	struct ward w;
	struct outbreak o;
	struct mortal m;
	char cookie[WARD_PEOPLE][MORTAL_COOKIE_BYTES];
	pthread_mutex_t lock;
	pthread_cond_t more;
	atomic_bool over;
	atomic_int keys, again, traces, funnels;
	atomic_int campaigns, comments, files, repeats, raced;
	VEC(struct said) said;
	VEC(struct known) task;
	VEC(int64_t) contact; /* tasks of contacts that nobody took up yet */
	size_t checked;       /* of `said`, by their receipts */
	char why[600];        /* the first thing that was wrong */
};
struct teller {
	struct town *t;
	pthread_t thread;
	struct dice dice;
	uint64_t seed;
	int64_t task; /* the one at hand */
	unsigned turn;
	struct known k;
};

static void wrong(struct town *t, const char *what, const struct said *s, const struct answer *a)
{
	pthread_mutex_lock(&t->lock);
	if (!t->why[0])
		(void)snprintf(t->why, sizeof t->why, "%s: %s %s %.*s: %d %.*s", what, s->method,
			       s->target, (int)min_size(s->body.n, 150), s->body.p, a->status,
			       (int)min_size(a->body.n, 200), a->body.p);
	pthread_cond_broadcast(&t->more);
	pthread_mutex_unlock(&t->lock);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool once(struct town *t, const struct said *s, struct answer *a)
{
	char headers[600];

	(void)snprintf(headers, sizeof headers, "%s%s%s%sIdempotency-Key: %s\r\n",
		       t->cookie[s->who], s->type ? "Content-Type: " : "", s->type ? s->type : "",
		       s->type ? "\r\n" : "", s->key);
	return mortal_ask(&t->m, s->method, s->target, headers, buf_view(&s->body), a);
}

/* Until it is answered; a server that says "not now" is asked again. */
static bool until_answered(struct town *t, const struct said *s, struct answer *a)
{
	for (int refused = 0; refused < ANSWERS_5XX_MAX; t->repeats++) {
		if (!once(t, s, a))
			continue;
		if (a->status < 500)
			return true;
		refused++;
	}
	wrong(t, "it never answers", s, a);
	return false;
}

/* A request that was answered comes again: the same answer, or none when the server is away. */
static void again(struct town *t, const struct said *s)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct str r;

	if (!once(t, s, &a) || a.status >= 500)
		return;
	r = answer_header(&a, "Outpost-Receipt");
	if (a.status != s->status || !str_eq(r, str_of(s->receipt)))
		wrong(t, "told otherwise the second time", s, &a);
	t->again++;
}

static struct said any_of(struct teller *u)
{
	struct said s;

	pthread_mutex_lock(&u->t->lock);
	s = u->t->said.v[dice_below(&u->dice, (uint32_t)u->t->said.n)];
	pthread_mutex_unlock(&u->t->lock);
	return s; /* what it points to stays */
}

static void new_key(struct town *t, struct said *s)
{
	(void)snprintf(s->key, sizeof s->key, "act-%d", t->keys++);
}

/* The whole way of a request; its answer, if it is as wanted. 0: any. */
static bool ask(struct teller *u, enum ward_who who, const char *method, const char *target,
		struct str body, const char *type, int want, struct answer *a)
{
	struct town *t = u->t;
	struct said s = { who, method, type, strdup(target), "", { 0 }, 0, NULL };
	struct str r;

	buf_str(&s.body, body);
	new_key(t, &s);
	if (t->why[0] || !until_answered(t, &s, a) || (want && a->status != want)) {
		if (!t->why[0])
			wrong(t, "another answer", &s, a);
	} else if (strcmp(method, "GET") == 0 || a->status >= 300) {
		free(s.target);
		buf_release(&s.body);
		return true;
	} else {
		r = answer_header(a, "Outpost-Receipt");
		s.status = a->status;
		s.receipt = strndup(r.p ? r.p : "", r.n);
		pthread_mutex_lock(&t->lock);
		(void)vec_push(&t->said, s);
		pthread_cond_broadcast(&t->more);
		pthread_mutex_unlock(&t->lock);
		if (dice_below(&u->dice, 4) == 0)
			again(t, &s);
		if (dice_below(&u->dice, 4) == 0) {
			s = any_of(u);
			again(t, &s);
		}
		return true;
	}
	free(s.target);
	buf_release(&s.body);
	return false;
}

static int64_t number_of(const struct answer *a, const char *key)
{
	char want[60];
	int n = snprintf(want, sizeof want, "\"%s\":", key);
	const char *at = memmem(a->body.p, a->body.n, want, (size_t)n);

	if (!at)
		return 0;
	at += n;
	return strtoll(at + (*at == '"'), NULL, 10);
}

static bool post(struct teller *u, enum ward_who who, const char *target, const char *body,
		 int want, struct answer *a)
{
	return ask(u, who, "POST", target, str_of(body), NULL, want, a);
}

/* ---- acts ------------------------------------------------------------------------------------ */

static void begin(struct teller *u, int64_t id, int64_t owner)
{
	u->k = (struct known){ .id = id, .owner = owner, .state = "open", .n = { 1 } };
	u->turn = 1;
}

/* The story of a task is over: what must be there of it. */
static void end(struct teller *u)
{
	pthread_mutex_lock(&u->t->lock);
	(void)vec_push(&u->t->task, u->k);
	pthread_mutex_unlock(&u->t->lock);
}

static bool raised(struct teller *u, const char *needs)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[300];

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802001001\",\"sector\":\"mine\",\"rule\":\"" WARD_RULE
		       "\",\"title\":\"查看采石场边坡\",\"needs\":[\"%s\"]}",
		       needs);
	if (!post(u, WARD_LEAD, "/api/v1/tasks", body, 201, &a))
		return false;
	begin(u, number_of(&a, "id"), WARD_VILLAGE);
	return true;
}

static void did(struct teller *u, enum flow_on on, const char *state)
{
	u->k.n[on]++;
	u->k.state = state;
	u->turn++;
}

/* A step; now and then the same once more under another key, which must do nothing. */
static bool does(struct teller *u, enum ward_who who, enum flow_on on, const char *more,
		 const char *state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char target[120], body[400];
	struct said s = { who, "POST", NULL, target, "", { 0 }, 0, NULL };

	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld/do/%s", (long long)u->k.id,
		       flow_say_words[on].word);
	(void)snprintf(body, sizeof body, "{\"turn\":%u%s}", u->turn, more);
	if (!post(u, who, target, body, 200, &a))
		return false;
	if (dice_below(&u->dice, 8) == 0) {
		new_key(u->t, &s);
		buf_str(&s.body, str_of(body));
		ignore(once(u->t, &s, &a));
		buf_release(&s.body);
	}
	did(u, on, state);
	return true;
}

#define PROOF_TEXT ",\"text\":\"已到现场\""
#define REASON ",\"reason\":\"再看\""

static bool to_the_end(struct teller *u, enum ward_who doer, enum ward_who checker,
		       const char *proof)
{
	return does(u, doer, FLOW_ON_PROVE, proof, "proved") &&
	       does(u, checker, FLOW_ON_CLOSE, "", "closed");
}

/* ---- stories --------------------------------------------------------------------------------- */

static bool plain(struct teller *u)
{
	if (!raised(u, "text") || !does(u, WARD_WORKER, FLOW_ON_ACCEPT, "", "accepted") ||
	    !does(u, WARD_WORKER2, FLOW_ON_START, "", "in_progress") ||
	    !does(u, WARD_WORKER, FLOW_ON_PROVE, PROOF_TEXT, "proved"))
		return false;
	if (dice_below(&u->dice, 2))
		return does(u, WARD_CLERK2, FLOW_ON_CLOSE, "", "closed");
	return does(u, WARD_CLERK, FLOW_ON_RETURN, REASON, "returned") &&
	       does(u, WARD_WORKER, FLOW_ON_ACCEPT, "", "accepted") &&
	       to_the_end(u, WARD_WORKER2, WARD_CLERK, PROOF_TEXT);
}

/* Of one that the village has: refused or withdrawn it is the village's again. */
static bool pushed(struct teller *u)
{
	static const char far[] = ",\"to\":\"105\"";

	if (!does(u, WARD_WORKER, FLOW_ON_OFFER, far, u->k.state))
		return false;
	switch (dice_below(&u->dice, 4)) {
	case 0: return does(u, WARD_AWAY, FLOW_ON_REFUSE, ",\"reason\":\"查无此人\"", u->k.state);
	case 1: return does(u, WARD_WORKER2, FLOW_ON_WITHDRAW, "", u->k.state);
	case 2: return true; /* it waits */
	default:
		u->k.owner = WARD_FAR;
		return does(u, WARD_AWAY, FLOW_ON_TAKE, "", "accepted") &&
		       (dice_below(&u->dice, 2) ||
			does(u, WARD_AWAY, FLOW_ON_PROVE, PROOF_TEXT, "proved"));
	}
}

static bool pushed_on(struct teller *u)
{
	return raised(u, "text") && does(u, WARD_WORKER, FLOW_ON_ACCEPT, "", "accepted") &&
	       pushed(u);
}

struct rival {
	struct teller *u;
	enum ward_who who;
	const char *target, *body;
	int status;
};

static void *rival(void *arg)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct rival *r = arg;
	struct teller own = *r->u;

	own.dice.state += 77;
	if (post(&own, r->who, r->target, r->body, 0, &a))
		r->status = a.status;
	return NULL;
}

/* One withdraws what the other takes, at the same time: exactly one of them. */
static bool raced(struct teller *u)
{
	char take[120], withdraw[120], body[40];
	struct rival a = { u, WARD_AWAY, take, body, 0 }, b = { u, WARD_WORKER, withdraw, body, 0 };
	pthread_t thread;

	if (!raised(u, "text") || !does(u, WARD_WORKER, FLOW_ON_OFFER, ",\"to\":\"105\"", "open"))
		return false;
	(void)snprintf(take, sizeof take, "/api/v1/tasks/%lld/do/take", (long long)u->k.id);
	(void)snprintf(withdraw, sizeof withdraw, "/api/v1/tasks/%lld/do/withdraw",
		       (long long)u->k.id);
	(void)snprintf(body, sizeof body, "{\"turn\":%u}", u->turn);
	if (pthread_create(&thread, NULL, rival, &a))
		return false;
	rival(&b);
	pthread_join(thread, NULL);
	if (u->t->why[0])
		return false;
	if ((a.status == 200) == (b.status == 200)) {
		const struct said s = { .method = take, .target = withdraw };
		const struct answer both = { .status = a.status * 1000 + b.status };

		wrong(u->t, "not exactly one of two", &s, &both);
		return false;
	}
	u->t->raced++;
	if (a.status != 200)
		return did(u, FLOW_ON_WITHDRAW, "open"), true;
	did(u, FLOW_ON_TAKE, "accepted");
	u->k.owner = WARD_FAR;
	return true;
}

static bool photographed(struct teller *u)
{
	CLEANUP(pixels_drop) struct pixels p = scene(u->seed++, 96, 64);
	CLEANUP(buf_release) struct buf jpeg = scene_jpeg(&p);
	CLEANUP(answer_end) struct answer a = { 0 };
	char target[120], proof[80];
	int64_t file;

	if (!raised(u, "photo") || !does(u, WARD_WORKER, FLOW_ON_ACCEPT, "", "accepted"))
		return false;
	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld/files", (long long)u->k.id);
	if (!ask(u, WARD_WORKER, "POST", target, buf_view(&jpeg), "image/jpeg", 201, &a))
		return false;
	file = number_of(&a, "id");
	u->t->files++;
	/* another request with the same bytes is the same file */
	if (dice_below(&u->dice, 2) &&
	    !ask(u, WARD_WORKER2, "POST", target, buf_view(&jpeg), "image/jpeg", 200, &a))
		return false;
	(void)snprintf(proof, sizeof proof, ",\"files\":[\"%lld\"]", (long long)file);
	return to_the_end(u, WARD_WORKER, WARD_CLERK, proof);
}

/* All of them, or none. */
static bool in_bulk(struct teller *u)
{
	static const struct {
		enum ward_who who;
		enum flow_on on;
		const char *more, *state;
	} steps[] = { { WARD_WORKER, FLOW_ON_ACCEPT, "", "accepted" },
		      { WARD_WORKER, FLOW_ON_PROVE, PROOF_TEXT, "proved" },
		      { WARD_CLERK, FLOW_ON_CLOSE, "", "closed" } };
	struct known k[4];

	for (size_t i = 0; i < ARRAY_LEN(k); i++) {
		if (!raised(u, "text"))
			return false;
		k[i] = u->k;
	}
	for (size_t s = 0; s < ARRAY_LEN(steps); s++) {
		CLEANUP(answer_end) struct answer a = { 0 };
		CLEANUP(buf_release) struct buf body = { 0 };
		char target[80];

		buf_lit(&body, "{\"tasks\":[");
		for (size_t i = 0; i < ARRAY_LEN(k); i++)
			buf_fmt(&body, "%s{\"id\":\"%lld\",\"turn\":%zu}", i ? "," : "",
				(long long)k[i].id, s + 1);
		buf_fmt(&body, "]%s}", steps[s].more);
		buf_char(&body, '\0');
		(void)snprintf(target, sizeof target, "/api/v1/tasks/do/%s",
			       flow_say_words[steps[s].on].word);
		if (!post(u, steps[s].who, target, body.p, 200, &a))
			return false;
		for (size_t i = 0; i < ARRAY_LEN(k); i++) {
			k[i].n[steps[s].on]++;
			k[i].state = steps[s].state;
		}
	}
	for (size_t i = 0; i + 1 < ARRAY_LEN(k); i++) {
		u->k = k[i];
		end(u);
	}
	u->k = k[ARRAY_LEN(k) - 1];
	return true;
}

/* Into two, one of which goes into the other. */
static bool split_and_merged(struct teller *u)
{
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 };
	char target[120], body[200], *next;
	const char *at;
	int64_t one, two;

	if (!raised(u, "text"))
		return false;
	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld/comments", (long long)u->k.id);
	if (!post(u, WARD_CLERK, target, "{\"text\":\"分开办\"}", 201, &a))
		return false;
	u->t->comments++;
	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld/split", (long long)u->k.id);
	if (!post(u, WARD_LEAD, target,
		  "{\"reason\":\"两处\",\"parts\":[{\"title\":\"东边\"},{\"title\":\"西边\"}]}",
		  200, &a))
		return false;
	did(u, FLOW_ON_FOLD, "closed");
	end(u);
	at = memmem(a.body.p, a.body.n, "\"parts\":[\"", 10);
	if (!at)
		return false;
	one = strtoll(at + 10, &next, 10);
	two = strtoll(next + 3, NULL, 10);
	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[\"%lld\"],\"into\":\"%lld\",\"reason\":\"一并办\"}",
		       (long long)two, (long long)one);
	if (!post(u, WARD_LEAD, "/api/v1/tasks/merge", body, 200, &b))
		return false;
	begin(u, two, WARD_VILLAGE);
	did(u, FLOW_ON_FOLD, "closed");
	end(u);
	begin(u, one, WARD_VILLAGE);
	return does(u, WARD_WORKER, FLOW_ON_ACCEPT, "", "accepted");
}

/* Its tasks are counted apart: the house names them, the story does not. */
static bool campaigned(struct teller *u)
{
	static const char draft[] =
		"{\"area\":\"430802\",\"name\":\"采石场排查\",\"sector\":\"mine\",\"scope\":"
		"\"organisations\",\"query\":\"\",\"title\":\"自查\",\"rule\":\"" WARD_RULE
		"\",\"needs\":\"text\",\"until\":\"2099-12-01T00:00:00+08:00\"}";
	CLEANUP(answer_end) struct answer a = { 0 };
	char target[120];
	int64_t id;

	if (!post(u, WARD_LEAD, "/api/v1/campaigns", draft, 201, &a))
		return false;
	id = number_of(&a, "id");
	(void)snprintf(target, sizeof target, "/api/v1/campaigns/%lld/events/start", (long long)id);
	if (!post(u, WARD_LEAD, target, "{}", 200, &a))
		return false;
	u->t->campaigns++;
	if (dice_below(&u->dice, 2))
		return true;
	(void)snprintf(target, sizeof target, "/api/v1/campaigns/%lld/events/close", (long long)id);
	return post(u, WARD_LEAD, target, "{\"reason\":\"做完\"}", 200, &a);
}

/* ---- contacts -------------------------------------------------------------------------------- */

/* At any instant: found = pushed out + ours, and what each is made of. */
static bool adds_up(struct teller *u)
{
	static const char url[] = "/api/v1/areas/430802/funnel";
	CLEANUP(answer_end) struct answer a = { 0 };
	const char *ours;
	int64_t mine;

	if (!ask(u, WARD_TRACER, "GET", url, STR(""), NULL, 200, &a))
		return false;
	u->t->funnels++;
	buf_char(&a.body, '\0');
	ours = strstr(a.body.p, "\"ours\":{\"all\":");
	mine = ours ? strtoll(ours + 14, NULL, 10) : -1;
	if (number_of(&a, "found") != number_of(&a, "all") + mine ||
	    number_of(&a, "all") != number_of(&a, "waiting") + number_of(&a, "taken") +
					    number_of(&a, "refused") + number_of(&a, "withdrawn") ||
	    mine != number_of(&a, "located") + number_of(&a, "tracing")) {
		const struct said s = { .method = "GET", .target = (char *)url };

		wrong(u->t, "it does not add up", &s, &a);
		return false;
	}
	return true;
}

/* Each id of a list; what they are is the caller's to know. */
static size_t ids_of(const struct answer *a, const char *key, int64_t *ret, size_t max)
{
	const char *p = a->body.p, *end = p + a->body.n;
	size_t n = 0, len = strlen(key);

	while (n < max && (p = memmem(p, (size_t)(end - p), key, len))) {
		p += len;
		ret[n++] = strtoll(p, NULL, 10);
	}
	return n;
}

static bool trace(struct teller *u)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[120], body[900];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/trace", u->t->o.id);
	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\"}", u->t->o.warrant);
	return post(u, WARD_TRACER, url, body, 201, &a) && adds_up(u);
}

/* Whoever is first makes the contacts' tasks the tellers'. */
static bool find_contacts(struct teller *u)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t contact[CONTACTS + 1];
	size_t n;

	if (!ask(u, WARD_TRACER, "GET", "/api/v1/contacts?limit=100", STR(""), NULL, 200, &a))
		return false;
	n = ids_of(&a, "{\"id\":\"", contact, ARRAY_LEN(contact));
	for (size_t i = 0; i < n; i++) {
		char url[80];
		int64_t id;
		const char *at;

		(void)snprintf(url, sizeof url, "/api/v1/contacts/%lld", (long long)contact[i]);
		if (!ask(u, WARD_TRACER, "GET", url, STR(""), NULL, 200, &a))
			return false;
		at = memmem(a.body.p, a.body.n, "\"tasks\":[{\"id\":\"", 16);
		id = at ? strtoll(at + 16, NULL, 10) : 0;
		pthread_mutex_lock(&u->t->lock);
		(void)vec_push(&u->t->contact, id);
		pthread_mutex_unlock(&u->t->lock);
	}
	return true;
}

static bool followed(struct teller *u)
{
	int nth = u->t->traces < TRACES ? u->t->traces++ : TRACES;
	int64_t id = 0;
	bool end_it;

	if (nth < TRACES && (!trace(u) || (nth == 0 && !find_contacts(u))))
		return false;
	pthread_mutex_lock(&u->t->lock);
	if (u->t->contact.n)
		id = u->t->contact.v[--u->t->contact.n];
	pthread_mutex_unlock(&u->t->lock);
	if (!id)
		return plain(u);
	begin(u, id, WARD_VILLAGE);
	end_it = dice_below(&u->dice, 2);
	if (!end_it)
		return pushed(u) && adds_up(u);
	return does(u, WARD_WORKER, FLOW_ON_ACCEPT, "", "accepted") &&
	       to_the_end(u, WARD_WORKER, WARD_CLERK, PROOF_TEXT) && adds_up(u);
}

static void *tell_on(void *arg)
{
	static bool (*const stories[])(
		struct teller *) = { followed, plain,    pushed_on,        raced,     photographed,
				     in_bulk,  followed, split_and_merged, campaigned };
	struct teller *u = arg;

	/* A story that was begun is told to its end. */
	for (uint32_t i = (uint32_t)u->seed; !u->t->over && !u->t->why[0]; i++) {
		uint32_t which = i < 9 ? i % 9 : dice_below(&u->dice, ARRAY_LEN(stories));

		if (stories[which](u) && stories[which] != campaigned)
			end(u);
	}
	return NULL;
}

/* ---- looking --------------------------------------------------------------------------------- */

static enum err receipts_act(struct tx *tx, void *arg, struct fault *f)
{
	struct town *t = arg;

	for (size_t i = t->checked; i < t->said.n; i++) {
		struct ledger_receipt r;
		enum err e = ledger_receipt_parse(str_of(t->said.v[i].receipt), &r);

		if (e || (e = ledger_receipt_check(tx, &r, f)))
			return e;
	}
	return OK;
}

/* Nothing is at work: what was acknowledged is there, and the house is in order. */
static void look(struct town *t)
{
	struct database *d = t->w.d;
	struct sound_report r;
	size_t n;

	MUST(house_open(t->w.dir, &t->w.h, &d->fault));
	MUST(house_database(t->w.h, false, ward_now(), &d->fault));
	pthread_mutex_lock(&t->lock); /* tellers wait for the server, but one may still be noting */
	n = t->said.n;
	if (db_read(t->w.h->db, receipts_act, t, &d->fault))
		fail_msg("an acknowledged act is gone: %s", d->fault.en);
	t->checked = n;
	pthread_mutex_unlock(&t->lock);
	MUST(sound_look(t->w.h, &(struct sound_ask){ .whole = true }, &r, &d->fault));
	if (r.ledger.verdict != VERIFY_WHOLE || r.receipts_lost || r.clear.found)
		fail_msg("%s: %s; %s", verify_word(r.ledger.verdict), r.ledger.en,
			 r.clear.where[0]);
	if (r.trail.wrong || r.intake.wrong || r.loop.wrong || r.evidence.wrong)
		fail_msg("trail %d, batches %d, files %d, tasks %d: unsound %d ownerless %d untold "
			 "%d twice %d counts %d",
			 (int)r.trail.wrong, (int)r.intake.wrong, (int)r.evidence.wrong,
			 (int)r.loop.wrong, (int)r.loop.unsound, (int)r.loop.ownerless,
			 (int)r.loop.untold, (int)r.loop.twice, (int)r.loop.miscounted);
	/* Of each contact, what its task's story says: whose, pushed or not, located or not. */
	assert_int_equal(
		ward_scalar(
			&t->w,
			"SELECT count(*) FROM contacts c JOIN tasks t ON t.about = 'contact' AND"
			" t.about_id = c.id WHERE c.party <> t.owner OR c.push <> COALESCE((SELECT"
			" CASE h.event WHEN 'offer' THEN 'waiting' WHEN 'take' THEN 'taken' WHEN"
			" 'refuse' THEN 'refused' ELSE 'withdrawn' END FROM task_history h WHERE"
			" h.task = t.id AND h.event IN ('offer', 'take', 'refuse', 'withdraw')"
			" ORDER BY h.version DESC, h.n DESC LIMIT 1), 'kept') OR (c.state ="
			" 'located') <> (t.state = 'proved' OR t.state = 'closed') OR t.owner <>"
			" CASE c.push WHEN 'taken' THEN 105 ELSE 104 END"),
		0);
	assert_int_equal(ward_scalar(&t->w, "SELECT count(*) FROM contacts"),
			 ward_scalar(&t->w, "SELECT count(*) FROM tasks WHERE about = 'contact'"));
	assert_int_equal(ward_scalar(&t->w, "SELECT count(*) FROM (SELECT task FROM task_history"
					    " WHERE actor > 0 GROUP BY task, turn, event"
					    " HAVING count(*) > 1) AS twice"),
			 0);
	house_end(&t->w.h);
}

/* ---- what must have become of it ------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static const struct sql tasks_sql = {
	.name = "test.tasks",
	.text = "SELECT id, state, owner, campaign FROM tasks ORDER BY id",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
static const struct sql steps_sql = {
	.name = "test.steps",
	.text = "SELECT h.task, h.event, count(*) FROM task_history h GROUP BY h.task, h.event",
	.args = "",
	.across = "a test",
	.scan = "a test",
};

static struct known *find(struct town *t, int64_t id)
{
	const struct known want = { .id = id };

	return bsearch(&want, t->task.v, t->task.n, sizeof *t->task.v, by_id);
}

static enum err compare_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct town *t = arg;
	size_t told = 0, others = 0;
	bool more;
	enum err e = tx_rows(tx, &tasks_sql, SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct known *k = find(t, rows_i64(r, 0));

		others += !k;
		if (!k)
			continue;
		told++;
		if (!str_eq(rows_text(r, 1), str_of(k->state)) || rows_i64(r, 2) != k->owner)
			fail_msg("task %lld: %.*s of %lld, told %s of %lld", (long long)k->id,
				 (int)rows_text(r, 1).n, rows_text(r, 1).p,
				 (long long)rows_i64(r, 2), k->state, (long long)k->owner);
	}
	rows_end(&r);
	if (told != t->task.n)
		fail_msg("%zu tasks of %zu", told, t->task.n);
	if (others != (size_t)(t->campaigns * THINGS) + t->contact.n)
		fail_msg("%zu tasks that nobody told of, %d campaigns, %zu contacts left", others,
			 t->campaigns, t->contact.n);
	if (e || (e = tx_rows(tx, &steps_sql, SQL_NO_ARGS, &r, f)))
		return e;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct known *k = find(t, rows_i64(r, 0));

		for (int on = 0; k && on < FLOW_ON_CLOCK; on++)
			if (str_eq(rows_text(r, 1), str_of(flow_say_words[on].word)))
				k->n[on] -= (int)rows_i64(r, 2);
	}
	for (size_t i = 0; i < t->task.n && !e; i++)
		for (int on = 0; on < FLOW_ON_CLOCK; on++)
			if (t->task.v[i].n[on])
				fail_msg("task %lld: %d times less '%s' than was told",
					 (long long)t->task.v[i].id, t->task.v[i].n[on],
					 flow_say_words[on].word);
	return e;
}

/* The house begins once more, in this process; files of nobody go, and each notice is told. */
static void settle(struct town *t)
{
	struct database *d = t->w.d;
	uint64_t n;

	ward_up(&t->w);
	ward_pass(&t->w, 1);
	ward_pass(&t->w, 1);
	for (unsigned i = 0; i < BLOB_FOLDERS; i++)
		MUST(evidence_sweep(&t->w.s->evidence, t->w.h->db, i, &n, &d->fault));
	MUST(db_read(t->w.h->db, compare_act, t, &d->fault));
	assert_int_equal(ward_scalar(&t->w, "SELECT count(*) FROM evidence"), t->files);
	assert_int_equal(ward_scalar(&t->w, "SELECT count(*) FROM task_comment"), t->comments);
	assert_int_equal(ward_scalar(&t->w, "SELECT count(*) FROM campaigns"), t->campaigns);
	assert_int_equal(ward_scalar(&t->w, "SELECT count(*) FROM contacts"),
			 t->traces ? CONTACTS : 0);
	assert_int_equal(ward_scalar(&t->w, "SELECT count(*) FROM task_notice WHERE told = 0"), 0);
	ward_down(&t->w);
}

/* ---- killing --------------------------------------------------------------------------------- */

static void open_town(struct town *t, struct database *d)
{
	struct trail_visit v[IN_CINEMA];

	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->more, NULL);
	ward_open_at(&t->w, d, (struct utc_s){ clock_ns(&clock_wall) / 1000000000 });
	outbreak_begin(&t->w, &t->o);
	for (int i = 0; i < IN_CINEMA; i++)
		v[i] = outbreak_stay(2000 + i, OUTBREAK_PLACE, t->o.evening, 2);
	outbreak_bring(&t->w, &t->o, v, IN_CINEMA);
	ward_down(&t->w);
	mortal_init(&t->m, t->w.dir);
	mortal_start(&t->m);
	for (int who = 0; who < WARD_PEOPLE; who++)
		mortal_sign_in(&t->m, ward_login((enum ward_who)who), DESK_PASSWORD,
			       t->cookie[who]);
}

static void close_town(struct town *t)
{
	for (size_t i = 0; i < t->said.n; i++) {
		free(t->said.v[i].target);
		free(t->said.v[i].receipt);
		buf_release(&t->said.v[i].body);
	}
	vec_drop(&t->said);
	vec_drop(&t->task);
	vec_drop(&t->contact);
	ward_close(&t->w);
}

/* Until so many more were acknowledged, or something was wrong. */
static void wait_for(struct town *t, uint32_t n)
{
	size_t wanted;

	pthread_mutex_lock(&t->lock);
	wanted = t->said.n + n;
	while (t->said.n < wanted && !t->why[0])
		pthread_cond_wait(&t->more, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

static void no_act_is_lost_and_none_is_done_twice(void **state)
{
	static struct town t;
	static struct teller teller[TELLERS];
	struct database *d = *state;
	struct dice dice = { 1 };
	int cycles = mortal_cycles(d->sqlite ? CYCLES : CYCLES / 2), vaults = 0;

	t = (struct town){ 0 };
	open_town(&t, d);
	for (int i = 0; i < TELLERS; i++) {
		teller[i] = (struct teller){ .t = &t,
					     .dice = { (uint64_t)i + 1 },
					     .seed = (uint64_t)i * 1000 };
		assert_int_equal(pthread_create(&teller[i].thread, NULL, tell_on, &teller[i]), 0);
	}
	for (int i = 0; i < cycles && !t.why[0]; i++) {
		wait_for(&t, 1 + dice_below(&dice, 60));
		mortal_pause(&dice, 3000000);
		if (dice_below(&dice, 5) == 0)
			vaults += mortal_kill_vault(&t.m);
		mortal_kill(&t.m);
		look(&t);
		mortal_start(&t.m);
	}
	t.over = true;
	for (int i = 0; i < TELLERS; i++)
		assert_int_equal(pthread_join(teller[i].thread, NULL), 0);
	mortal_kill(&t.m);
	if (t.why[0])
		fail_msg("%s", t.why);
	look(&t);
	qsort(t.task.v, t.task.n, sizeof *t.task.v, by_id);
	settle(&t);
	look(&t);
	print_message("%d kills (%d of the vault as well), %zu acts of %zu tasks, %d asked again "
		      "unanswered, %d told again, %d races, %d files, %d campaigns, %d funnels\n",
		      cycles, vaults, t.said.n, t.task.n, t.repeats, t.again, t.raced, t.files,
		      t.campaigns, t.funnels);
	close_town(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(no_act_is_lost_and_none_is_done_twice),
	};

	return cmocka_run_group_tests_name("loop_killed", tests, NULL, NULL);
}
