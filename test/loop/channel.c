/*
 * channel.c - messages on their way out, to a real mail server and a real webhook: what they say,
 * how they are folded and kept back, tried again, given up; and that nothing else is connected to.
 *
 * Long because all of them need the same county, server and channel, set up at the top.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypt/encode.h"
#include "crypt/hmac.h"
#include "loop/channel_inside.h"
#include "support/gateway.h"
#include "support/notified.h"

#define TEMPLATE \
	"{\"to\":\"${to}\",\"text\":\"${text}\",\"n\":${count},\"urgent\":\"${urgent}\"," \
	"\"id\":\"${message}\",\"area\":\"${area}\",\"kind\":\"${kind}\",\"link\":\"${link}\"}"
#define SECRET "a shared secret"

static void put_file(const char *path, const char *text, mode_t mode)
{
	CLEANUP(file_end) struct file *f = NULL;

	assert_int_equal(file_open(path, FILE_REPLACE, &f, NULL), OK);
	assert_int_equal(file_write(f, text, strlen(text), NULL), OK);
	assert_int_equal(file_close(&f, NULL), OK);
	assert_int_equal(chmod(path, mode), 0);
}

static struct channel_options options(struct notified *x)
{
	put_file("template", TEMPLATE, 0644);
	put_file("secret", SECRET "\n", 0600);
	return (struct channel_options){ .mail_url = "",
					 .mail_from = "outpost@example.gov.cn",
					 .mail_credentials = "",
					 .webhook_url = "",
					 .webhook_template = "template",
					 .webhook_type = "application/json",
					 .webhook_secret = "secret",
					 .ca = "",
					 .timeout_ms = 20000,
					 .threads = 2,
					 .suite = CRYPT_WORLD,
					 .wall = x->wall };
}

/* One channel with its server, tried by hand: no thread but the server's. */
struct way {
	struct notified *x;
	struct gateway g;
	struct channels *c;
	struct channel_worker w;
};

static void way_close(struct way *y)
{
	channel_worker_end(&y->w);
	channels_close(&y->c);
	gateway_close(&y->g);
}

static void way_open(struct way *y, struct notified *x, bool web, int64_t timeout_ms)
{
	struct channel_options o = options(x);
	struct database *d = x->d;

	memset(y, 0, sizeof *y);
	y->x = x;
	gateway_open(&y->g, web);
	if (web)
		o.webhook_url = y->g.url;
	else
		o.mail_url = y->g.url;
	o.timeout_ms = timeout_ms;
	MUST(channels_open(&o, &y->c, &d->fault));
	y->c->notices = x->n;
	assert_int_equal(channel_worker_begin(&y->w, y->c, web ? NOTICE_WEBHOOK : NOTICE_MAIL), OK);
}

#define WAY(y, web) \
	NOTIFIED_BY(x, !(web), web); \
	CLEANUP(way_close) struct way y; \
	way_open(&y, &x, web, 20000)

/* What is due is tried, each once; how many tries that were. */
static int tries(struct way *y)
{
	struct database *d = y->x->d;
	bool any = true;
	int n = -1;

	y->c->notices = y->x->n;
	for (; any; n++)
		MUST(channel_step(&y->w, (struct utc_s){ y->x->k.now }, &any, &d->fault));
	return n;
}

/* So many seconds pass, and a tick. */
static void pass(struct way *y, int64_t s)
{
	desk_pass(&y->x->k, s);
	notified_tick(y->x);
}

static void say(struct way *y, bool urgent)
{
	notified_say(y->x, notified_task(y->x), NOTIFIED_OWNER, urgent ? "late" : "raise", urgent);
	notified_tick(y->x);
}

static int64_t count(struct way *y, const char *sql)
{
	return NOTIFIED_ASK(y->x, sql, sql_i64(0));
}

static bool holds(const char *text, const char *what)
{
	return strstr(text, what) != NULL;
}

/* ---- what they say ---- */

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void decode(const char *p, struct buf *out)
{
	uint32_t held = 0;
	unsigned bits = 0;

	for (; *p && *p != '.'; p++) {
		const char *at = *p == '=' ? NULL : strchr(BASE64, *p);

		if (!at)
			continue;
		held = held << 6 | (uint32_t)(at - BASE64);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_char(out, (char)(held >> bits));
			held &= (1u << bits) - 1;
		}
	}
	buf_char(out, '\0');
}

static void a_mail_says_kind_place_deadline_and_link_and_no_title(void **state)
{
	WAY(y, false);
	CLEANUP(buf_release) struct buf text = { 0 };
	const char *mail;

	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	say(&y, true);
	assert_int_equal(tries(&y), 1);
	assert_int_equal(gateway_n(&y.g), 1);
	mail = gateway_message(&y.g, 0);
	assert_true(holds(mail, "RCPT TO:<wang@example.gov.cn>"));
	assert_true(holds(mail, "From: <outpost@example.gov.cn>\r\n"));
	assert_true(holds(mail, "\r\nMessage-ID: <notice."));
	assert_true(holds(mail, "\r\nAuto-Submitted: auto-generated\r\n"));
	assert_true(holds(mail, "\r\nImportance: high\r\n"));
	assert_true(holds(mail, "\r\nSubject: =?UTF-8?B?"));
	assert_true(holds(mail, "\r\nDate: Mon, 21 Sep 2026 "));
	assert_non_null(strstr(mail, "\r\n\r\n"));
	decode(strstr(mail, "base64\r\n\r\n") + 10, &text);
	assert_true(holds(text.p, "【紧急】超期 · 指令 · 430802000000000 · 限 9月21日 "));
	assert_true(holds(text.p, "https://outpost.example/n/tasks/"));
	assert_false(holds(text.p, "查看三户人家"));
	assert_int_equal(count(&y, "SELECT count(*) FROM notice_message WHERE state = 'told' AND "
				   "next_try IS NULL AND made_at > $1"),
			 1);
	assert_int_equal(channels_told(y.c), 1);
	assert_int_equal(tries(&y), 0);
}

static void a_long_subject_is_cut_into_words_and_no_character_is(void **state)
{
	CLEANUP(buf_release) struct buf mail = { 0 };
	const struct notice_message m = {
		.to = STR("a@b.cn"),
		.subject = STR("一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十ab"),
		.text = STR("x"),
	};
	const char *p;

	(void)state;
	channel_mail("o@b.cn", &m, (struct utc_s){ 0 }, &mail);
	buf_char(&mail, '\0');
	assert_true(holds(mail.p, "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"));
	p = strstr(mail.p, "Subject:");
	for (int i = 0; i < 3; i++) {
		CLEANUP(buf_release) struct buf word = { 0 };
		CLEANUP(buf_release) struct buf text = { 0 };
		const char *end;

		p = strstr(p, "=?UTF-8?B?") + 10;
		end = strstr(p, "?=");
		assert_non_null(end);
		assert_true(end - p + 12 <= 75);
		buf_put(&word, p, (size_t)(end - p));
		buf_char(&word, '\0');
		decode(word.p, &text);
		assert_true(str_utf8((struct str){ text.p, text.n - 1 }));
	}
}

static void a_webhook_gets_the_template_filled_and_signed(void **state)
{
	WAY(y, true);
	CLEANUP(buf_release) struct buf want = { 0 };
	uint8_t mac[CRYPT_RAW_BYTES];
	const char *message, *body;

	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	say(&y, false);
	assert_int_equal(tries(&y), 1);
	message = gateway_message(&y.g, 0);
	body = strstr(message, "\r\n\r\n") + 4;
	assert_true(holds(message, "POST / HTTP/1.1\r\n"));
	assert_true(holds(message, "\r\nContent-Type: application/json\r\n"));
	assert_true(holds(body, "{\"to\":\"0744"));
	assert_true(holds(body, "\"n\":1,\"urgent\":\"no\""));
	assert_true(holds(body, "\"text\":\"交办 · 指令 · 430802000000000 · 限 "));
	assert_false(holds(body, "查看三户人家"));
	assert_int_equal(crypt_hmac(CRYPT_WORLD, STR(SECRET), str_of(body), mac), OK);
	buf_lit(&want, "\r\nOutpost-Signature: sha256=");
	encode_hex(&want, mac, sizeof mac);
	buf_char(&want, '\0');
	assert_true(holds(message, want.p));
	assert_true(holds(message, "\r\nOutpost-Message: "));
}

/* ---- tried again ---- */

static const char *id_of(struct way *y, size_t i)
{
	static char id[2][40];
	const char *at =
		strstr(gateway_message(&y->g, i), y->g.web ? "Outpost-Message: " : "Message-ID: ");

	assert_non_null(at);
	(void)snprintf(id[i % 2], sizeof id[0], "%.38s", at);
	return id[i % 2];
}

static void fails_and_is_tried_again(struct way *y, enum gateway_does what)
{
	(void)notified_person(y->x, "wang", NOTIFIED_OWNER);
	gateway_next(&y->g, what);
	say(y, false);
	assert_int_equal(tries(y), 1);
	assert_int_equal(channels_failed(y->c), 1);
	assert_int_equal(gateway_n(&y->g), 1);
	pass(y, 29);
	assert_int_equal(tries(y), 0);
	pass(y, 1);
	assert_int_equal(tries(y), 1);
	assert_int_equal(gateway_n(&y->g), 2);
	assert_string_equal(id_of(y, 0), id_of(y, 1)); /* by which a duplicate is known */
	assert_int_equal(count(y, "SELECT tries FROM notice_message WHERE state = 'told' AND "
				  "made_at > $1"),
			 2);
	pass(y, 100000);
	assert_int_equal(tries(y), 0);
}

static void a_webhook_that_fails_is_tried_again(void **state)
{
	WAY(y, true);

	fails_and_is_tried_again(&y, GATEWAY_FAILS);
}

static void a_webhook_that_hangs_up_may_have_it_and_gets_it_again_with_the_same_id(void **state)
{
	WAY(y, true);

	fails_and_is_tried_again(&y, GATEWAY_HANGS_UP);
}

static void a_mail_server_that_fails_is_tried_again(void **state)
{
	WAY(y, false);

	fails_and_is_tried_again(&y, GATEWAY_FAILS);
}

static void a_mail_server_that_hangs_up_is_tried_again(void **state)
{
	WAY(y, false);

	fails_and_is_tried_again(&y, GATEWAY_HANGS_UP);
}

static void who_says_nothing_has_so_long_and_no_longer(void **state)
{
	NOTIFIED_BY(x, true, true);
	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "raise", false);
	notified_tick(&x);
	for (int web = 0; web < 2; web++) {
		CLEANUP(way_close) struct way y;

		way_open(&y, &x, web, 200);
		gateway_next(&y.g, GATEWAY_SAYS_NOTHING);
		assert_int_equal(tries(&y), 1);
		assert_int_equal(channels_failed(y.c), 1);
		assert_int_equal(count(&y, "SELECT count(*) FROM notice_message WHERE why = "
					   "'timeout' AND made_at > $1"),
				 web + 1);
	}
}

static void a_server_that_is_not_there_is_tried_until_the_fall_back_is_told(void **state)
{
	WAY(y, true);
	int64_t above = notified_person(&x, "above", NOTIFIED_ABOVE);
	int64_t pause[] = { 30, 120 };

	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	for (int i = 0; i < NOTIFIED_TRIES; i++)
		gateway_next(&y.g, GATEWAY_FAILS);
	say(&y, false);
	for (size_t i = 0; i < ARRAY_LEN(pause); i++) {
		assert_int_equal(tries(&y), 1);
		pass(&y, pause[i] - 1);
		assert_int_equal(tries(&y), 0);
		pass(&y, 1);
	}
	assert_int_equal(notified_told(&x, above), 0);
	assert_int_equal(tries(&y), 1);
	assert_int_equal(count(&y, "SELECT count(*) FROM notice_message WHERE state = 'failed' AND "
				   "next_try IS NULL AND made_at > $1"),
			 1);
	pass(&y, 1);
	assert_int_equal(notified_told(&x, above), 1);
	assert_int_equal(tries(&y), 1); /* and to them it goes */
	assert_int_equal(count(&y, "SELECT count(*) FROM notice_message WHERE state = 'told' AND "
				   "made_at > $1"),
			 1);
}

static void who_has_read_the_page_needs_neither_message_nor_fall_back(void **state)
{
	WAY(y, true);
	int64_t above = notified_person(&x, "above", NOTIFIED_ABOVE);
	struct visitor v;

	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	desk_sign_in(&x.k, "wang", &v);
	say(&y, false);
	assert_int_equal(tries(&y), 1);
	for (int i = 0; i < NOTIFIED_TRIES; i++)
		gateway_next(&y.g, GATEWAY_FAILS);
	pass(&y, 60);
	say(&y, false);
	{
		char path[80];

		(void)snprintf(path, sizeof path, "/api/v1/notices/%lld/read",
			       (long long)count(&y, "SELECT max(id) FROM notice WHERE id > $1"));
		assert_int_equal(desk_status(&x.k, &v, "POST", path, NULL), 200);
	}
	assert_int_equal(tries(&y), 0);
	pass(&y, 100000);
	assert_int_equal(tries(&y), 0);
	assert_int_equal(notified_told(&x, above), 0);
}

/* ---- folded ---- */

static void one_person_one_minute_one_message(void **state)
{
	WAY(y, true);
	const char *body;

	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	for (int i = 0; i < 7; i++)
		notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "raise", i == 6);
	notified_tick(&x);
	assert_int_equal(tries(&y), 1);
	body = gateway_message(&y.g, 0);
	assert_true(holds(body, "\"n\":7,\"urgent\":\"yes\""));
	assert_true(holds(body, "另有 2 条"));
	assert_true(holds(body, "\"text\":\"【紧急】交办")); /* what is urgent comes first */
	assert_true(holds(body, "\"link\":\"https://outpost.example/notices\""));
	pass(&y, 30);
	say(&y, true);
	say(&y, false);
	assert_int_equal(tries(&y), 0);
	pass(&y, 29);
	assert_int_equal(tries(&y), 0);
	pass(&y, 1);
	assert_int_equal(tries(&y), 1);
	assert_true(holds(gateway_message(&y.g, 1), "\"n\":2,"));
	assert_int_equal(count(&y, "SELECT count(*) FROM notice WHERE id > $1"), 9);
}

static void two_people_do_not_wait_for_each_other(void **state)
{
	WAY(y, true);

	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	(void)notified_person(&x, "zhao", NOTIFIED_OWNER);
	say(&y, false);
	assert_int_equal(tries(&y), 2);
	pass(&y, 10);
	say(&y, false);
	assert_int_equal(tries(&y), 0);
	pass(&y, 50);
	assert_int_equal(tries(&y), 2);
}

/* ---- quiet hours ---- */

static void quiet_hours_keep_back_what_can_wait_and_never_what_is_urgent(void **state)
{
	WAY(y, true);
	int64_t one = notified_person(&x, "wang", NOTIFIED_OWNER);
	int64_t minute = (x.k.now + 8 * 3600) / 60 % 1440;

	notified_quiet(&x, one, (minute + 1430) % 1440, (minute + 20) % 1440);
	say(&y, false);
	assert_int_equal(tries(&y), 0);
	say(&y, true);
	assert_int_equal(tries(&y), 1);
	assert_true(holds(gateway_message(&y.g, 0), "\"n\":1,\"urgent\":\"yes\""));
	pass(&y, 18 * 60);
	assert_int_equal(tries(&y), 0);
	pass(&y, 2 * 60);
	assert_int_equal(tries(&y), 1);
	assert_true(holds(gateway_message(&y.g, 1), "\"n\":1,\"urgent\":\"no\""));
}

static void quiet_hours_end_where_the_zone_says(void **state)
{
	struct zone *z;
	const int64_t day = (int64_t)date_day(2026, 9, 21) * 86400 - 8 * 3600;
	static const struct {
		int64_t now, from, to, end; /* minutes */
	} known[] = {
		{ 22 * 60 - 1, 22 * 60, 7 * 60, 0 },    { 22 * 60, 22 * 60, 7 * 60, 31 * 60 },
		{ 3 * 60, 22 * 60, 7 * 60, 7 * 60 },    { 7 * 60, 22 * 60, 7 * 60, 0 },
		{ 13 * 60, 12 * 60, 14 * 60, 14 * 60 }, { 14 * 60, 12 * 60, 14 * 60, 0 },
		{ 11 * 60, 12 * 60, 14 * 60, 0 },       { 11 * 60, -1, -1, 0 },
		{ 11 * 60, 11 * 60, 11 * 60, 0 },
	};

	(void)state;
	assert_int_equal(zone_open("Asia/Shanghai", &z, NULL), OK);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		int64_t end = notice_quiet_end(z, (struct utc_s){ day + known[i].now * 60 },
					       known[i].from, known[i].to);

		assert_int_equal(end, known[i].end ? day + known[i].end * 60 : 0);
	}
	zone_free(z);
}

static void pauses_grow_up_to_two_hours(void **state)
{
	static const int64_t known[] = { 30, 120, 480, 1920, 7200, 7200 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(known); i++)
		assert_int_equal(notice_pause(i + 1), known[i]);
}

/* ---- the process dies ---- */

static void what_was_under_way_when_the_process_died_is_tried_again_and_counted(void **state)
{
	WAY(y, true);
	struct notice_message m;
	CLEANUP(arena_end) struct arena *a = NULL;
	bool any;

	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	say(&y, false);
	assert_int_equal(arena_new(1 << 20, &a), OK);
	MUST(notice_take(x.n, NOTICE_WEBHOOK, (struct utc_s){ x.k.now }, 30, a, &m, &any,
			 &d->fault));
	assert_true(any);
	notified_again(&x, false, true); /* before it was sent, or after: nobody knows */
	assert_int_equal(tries(&y), 0);
	pass(&y, 59);
	assert_int_equal(tries(&y), 0);
	pass(&y, 1);
	assert_int_equal(tries(&y), 1);
	assert_int_equal(count(&y, "SELECT tries FROM notice_message WHERE made_at > $1"), 2);
	assert_int_equal(count(&y, "SELECT count(*) FROM notice_message WHERE made_at > $1"), 1);
}

static void a_process_that_dies_with_each_try_does_not_try_for_ever(void **state)
{
	WAY(y, true);
	int64_t above = notified_person(&x, "above", NOTIFIED_ABOVE);
	bool any = true;

	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	say(&y, false);
	for (int i = 0; i < NOTIFIED_TRIES; i++) {
		CLEANUP(arena_end) struct arena *a = NULL;
		struct notice_message m;

		assert_int_equal(arena_new(1 << 20, &a), OK);
		MUST(notice_take(x.n, NOTICE_WEBHOOK, (struct utc_s){ x.k.now }, 30, a, &m, &any,
				 &d->fault));
		assert_true(any);
		notified_again(&x, false, true);
		pass(&y, 10000);
	}
	assert_int_equal(tries(&y), 0);
	pass(&y, 1);
	assert_int_equal(notified_told(&x, above), 1);
}

/* ---- any world ---- */

static void no_notice_is_in_two_messages_and_none_comes_oftener_than_it_was_tried(void **state)
{
	WAY(y, true);
	struct dice dice = { 11 };
	int64_t made, sum = 0;

	for (int i = 0; i < 3; i++) {
		char login[16];

		(void)snprintf(login, sizeof login, "who%d", i);
		(void)notified_person(&x, login, NOTIFIED_OWNER);
	}
	for (int round = 0; round < 40; round++) {
		for (uint32_t i = dice_below(&dice, 3); i; i--)
			say(&y, dice_chance(&dice, 0.4));
		while (y.g.n_next - y.g.at_next < 3)
			gateway_next(&y.g, dice_chance(&dice, 0.7)   ? GATEWAY_TAKES
					   : dice_chance(&dice, 0.5) ? GATEWAY_FAILS
								     : GATEWAY_HANGS_UP);
		(void)tries(&y);
		if (dice_chance(&dice, 0.2))
			notified_again(&x, false, true);
		pass(&y, dice_below(&dice, 200));
	}
	for (int i = 0; i < 20; i++) {
		pass(&y, 7200);
		(void)tries(&y);
	}
	made = count(&y, "SELECT count(*) FROM notice_message WHERE made_at > $1");
	assert_true(made > 20);
	assert_int_equal(count(&y, "SELECT count(*) FROM notice_send WHERE message = $1"), 0);
	assert_int_equal(count(&y, "SELECT CAST(sum(n) AS BIGINT) FROM notice_message WHERE "
				   "made_at > $1"),
			 count(&y, "SELECT count(*) FROM notice_send WHERE message > $1"));
	sum = count(&y, "SELECT CAST(sum(tries) AS BIGINT) FROM notice_message WHERE made_at > $1");
	assert_int_equal(sum, (int64_t)gateway_n(&y.g));
	assert_int_equal(count(&y, "SELECT count(*) FROM notice_message WHERE next_try > $1"), 0);
}

/* ---- threads ---- */

static void threads_send_what_is_due_when_they_are_woken_and_end_when_told(void **state)
{
	NOTIFIED_BY(x, true, true);
	CLEANUP(gateway_close) struct gateway web, mail;
	CLEANUP(channels_close) struct channels *c = NULL;
	struct channel_options o = options(&x);

	gateway_open(&web, true);
	gateway_open(&mail, false);
	o.webhook_url = web.url;
	o.mail_url = mail.url;
	MUST(channels_open(&o, &c, &d->fault));
	MUST(channels_begin(c, x.n, &d->fault));
	for (int i = 0; i < 5; i++) {
		char login[16];

		(void)snprintf(login, sizeof login, "who%d", i);
		(void)notified_person(&x, login, NOTIFIED_OWNER);
	}
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "raise", false);
	notified_tick(&x);
	channels_wake(c);
	gateway_wait(&web, 5);
	gateway_wait(&mail, 5);
	channels_close(&c);
	assert_int_equal(gateway_n(&web), 5);
	assert_int_equal(gateway_n(&mail), 5);
}

static void a_try_that_hangs_does_not_keep_the_house_from_ending(void **state)
{
	NOTIFIED_BY(x, false, true);
	CLEANUP(gateway_close) struct gateway web;
	struct channel_options o = options(&x);
	struct channels *c = NULL;

	gateway_open(&web, true);
	gateway_next(&web, GATEWAY_SAYS_NOTHING);
	o.webhook_url = web.url;
	o.timeout_ms = 300000;
	o.threads = 1;
	MUST(channels_open(&o, &c, &d->fault));
	MUST(channels_begin(c, x.n, &d->fault));
	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "raise", false);
	notified_tick(&x);
	channels_wake(c);
	while (gateway_connections(&web) == 0)
		sched_yield();
	channels_close(&c);
	assert_int_equal(NOTIFIED_ASK(&x, "SELECT count(*) FROM notice_message WHERE next_try > $1",
				      sql_i64(x.k.now)),
			 1);
}

/* ---- what is connected to ---- */

static void neither_a_redirect_nor_a_proxy_of_the_environment_leads_elsewhere(void **state)
{
	WAY(y, true);
	CLEANUP(gateway_close) struct gateway other;

	gateway_open(&other, true);
	y.g.elsewhere = other.port;
	assert_int_equal(setenv("http_proxy", other.url, 1), 0);
	assert_int_equal(setenv("ALL_PROXY", other.url, 1), 0);
	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	gateway_next(&y.g, GATEWAY_REDIRECTS);
	say(&y, false);
	assert_int_equal(tries(&y), 1);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(gateway_n(&y.g), 1);
	assert_int_equal(gateway_connections(&other), 0);
	assert_int_equal(count(&y, "SELECT count(*) FROM notice_message WHERE why = 'redirect' AND "
				   "made_at > $1"),
			 1);
}

static void nothing_is_connected_while_the_settings_name_nobody(void **state)
{
	NOTIFIED(x);
	struct channel_options o = options(&x);
	CLEANUP(channels_close) struct channels *c = NULL;

	MUST(channels_open(&o, &c, &d->fault));
	assert_false(channels_mail(c) || channels_webhook(c));
	MUST(channels_begin(c, x.n, &d->fault));
	(void)notified_person(&x, "wang", NOTIFIED_OWNER);
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "raise", false);
	notified_tick(&x);
	channels_wake(c);
	assert_int_equal(NOTIFIED_ASK(&x, "SELECT count(*) FROM notice_send WHERE due > $1",
				      sql_i64(0)),
			 0);
}

static void settings_that_do_not_hold_are_refused_with_their_key(void **state)
{
	NOTIFIED(x);
	struct {
		const char *mail, *from, *credentials, *webhook, *template, *secret, *type, *says;
		bool tls;
		enum err e;
	} bad[] = {
		{ "http://h", "a@b.cn", "", "", "template", "", "text/plain", "mail.url", true,
		  ERR_USAGE },
		{ "smtp://me:pw@h", "a@b.cn", "", "", "template", "", "text/plain", "mail.url",
		  true, ERR_USAGE },
		{ "smtps://h", "a b@c.cn", "", "", "template", "", "text/plain", "mail.from", true,
		  ERR_USAGE },
		{ "smtps://h", "a@b.cn\r\nRCPT TO:<x@y.z>", "", "", "template", "", "text/plain",
		  "mail.from", true, ERR_USAGE },
		{ "smtp://h", "a@b.cn", "secret", "", "template", "", "text/plain", "mail.tls",
		  false, ERR_USAGE },
		{ "smtps://h", "a@b.cn", "open", "", "template", "", "text/plain",
		  "mail.credentials", true, ERR_USAGE },
		{ "smtps://h", "a@b.cn", "secret", "", "template", "", "text/plain",
		  "mail.credentials", true, ERR_USAGE },
		{ "", "", "", "http://h.cn/x", "template", "", "text/plain", "webhook.url", true,
		  ERR_USAGE },
		{ "", "", "", "ftp://h.cn/x", "template", "", "text/plain", "webhook.url", true,
		  ERR_USAGE },
		{ "", "", "", "https://h.cn/x", "", "", "text/plain", "webhook.template", true,
		  ERR_USAGE },
		{ "", "", "", "https://h.cn/x", "gone", "", "text/plain", "gone", true,
		  ERR_ABSENT },
		{ "", "", "", "https://h.cn/x", "wrong", "", "text/plain", "line 2", true,
		  ERR_SYNTAX },
		{ "", "", "", "https://h.cn/x", "template", "open", "text/plain", "webhook.secret",
		  true, ERR_USAGE },
		{ "", "", "", "https://h.cn/x", "template", "", "image/png", "image/png", true,
		  ERR_TYPE },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct channel_options o = options(&x);
		struct channels *c = NULL;
		struct fault f = { 0 };

		put_file("open", "user\npassword\n", 0644);
		put_file("wrong", "a\n${nobody}\n", 0600);
		o.mail_url = bad[i].mail;
		o.mail_from = bad[i].from;
		o.mail_tls = bad[i].tls;
		o.mail_credentials = bad[i].credentials;
		o.webhook_url = bad[i].webhook;
		o.webhook_template = bad[i].template;
		o.webhook_secret = bad[i].secret;
		o.webhook_type = bad[i].type;
		assert_int_equal(channels_open(&o, &c, &f), bad[i].e);
		if (!strstr(f.en, bad[i].says) || !f.zh[0])
			fail_msg("%zu: %s", i, f.en);
		assert_null(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_mail_says_kind_place_deadline_and_link_and_no_title),
		cmocka_unit_test(a_long_subject_is_cut_into_words_and_no_character_is),
		ON_BOTH(a_webhook_gets_the_template_filled_and_signed),
		ON_BOTH(a_webhook_that_fails_is_tried_again),
		ON_BOTH(a_webhook_that_hangs_up_may_have_it_and_gets_it_again_with_the_same_id),
		ON_BOTH(a_mail_server_that_fails_is_tried_again),
		ON_BOTH(a_mail_server_that_hangs_up_is_tried_again),
		ON_SQLITE(who_says_nothing_has_so_long_and_no_longer),
		ON_BOTH(a_server_that_is_not_there_is_tried_until_the_fall_back_is_told),
		ON_BOTH(who_has_read_the_page_needs_neither_message_nor_fall_back),
		ON_BOTH(one_person_one_minute_one_message),
		ON_BOTH(two_people_do_not_wait_for_each_other),
		ON_BOTH(quiet_hours_keep_back_what_can_wait_and_never_what_is_urgent),
		cmocka_unit_test(quiet_hours_end_where_the_zone_says),
		cmocka_unit_test(pauses_grow_up_to_two_hours),
		ON_BOTH(what_was_under_way_when_the_process_died_is_tried_again_and_counted),
		ON_BOTH(a_process_that_dies_with_each_try_does_not_try_for_ever),
		ON_BOTH(no_notice_is_in_two_messages_and_none_comes_oftener_than_it_was_tried),
		ON_BOTH(threads_send_what_is_due_when_they_are_woken_and_end_when_told),
		ON_SQLITE(a_try_that_hangs_does_not_keep_the_house_from_ending),
		ON_SQLITE(neither_a_redirect_nor_a_proxy_of_the_environment_leads_elsewhere),
		ON_SQLITE(nothing_is_connected_while_the_settings_name_nobody),
		ON_SQLITE(settings_that_do_not_hold_are_refused_with_their_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
