/* notify.c - see notify.h. */
#include "serve/notify.h"

#include <stdio.h>
#include <string.h>

#include "loop/channel.h"
#include "loop/notice.h"

#include "base/ban.h"

enum { FILE_BYTES = PATH_MAX + CONFIG_TEXT_BYTES };

/* A file that the settings name, from the house's own folder unless its path begins with /. */
static const char *file_of(const struct serve *s, const char *name, char ret[FILE_BYTES])
{
	if (!*name || *name == '/')
		return name;
	(void)snprintf(ret, FILE_BYTES, "%s/%s", s->house->dir, name);
	return ret;
}

static void tell_page(void *serve, int64_t account, int64_t notice)
{
	struct serve *s = serve;
	char data[48];
	struct http_event ev = { STR(NOTIFY_EVENT), -account, { data, 0 }, 0 };

	ev.data.n = (size_t)snprintf(data, sizeof data, "{\"id\":\"%lld\"}", (long long)notice);
	if (s->http)
		ignore(http_publish(s->http, &ev));
}

static void log_line(void *serve, struct str line)
{
	const struct serve *s = serve;

	if (s->log)
		s->log(s->log_arg, line);
	else
		(void)fwrite(line.p, 1, line.n, stderr); /* if nobody listens, so be it */
}

static enum err open_channels(struct serve *s, struct fault *f)
{
	char credentials[FILE_BYTES], template[FILE_BYTES], secret[FILE_BYTES], ca[FILE_BYTES];
	const struct config *c = &s->house->config;
	const struct channel_options o = {
		.mail_url = c->mail_url,
		.mail_from = c->mail_from,
		.mail_tls = c->mail_tls,
		.mail_credentials = file_of(s, c->mail_credentials, credentials),
		.webhook_url = c->webhook_url,
		.webhook_template = file_of(s, c->webhook_template, template),
		.webhook_type = c->webhook_type,
		.webhook_secret = file_of(s, c->webhook_secret, secret),
		.ca = file_of(s, c->notice_ca, ca),
		.timeout_ms = c->notice_timeout_s * 1000,
		.threads = (unsigned)c->notice_threads,
		.suite = (enum crypt_suite)s->house->secret.v[0],
		.wall = s->wall,
		.log = log_line,
		.log_arg = s,
	};

	return channels_open(&o, &s->channels, f);
}

enum err notify_declare(struct serve *s, struct fault *f)
{
	const struct config *c = &s->house->config;
	struct notices_options o = {
		.db = s->house->db,
		.book = s->book,
		.zone = s->house->zone,
		.tries = (unsigned)c->notice_tries,
		.name = c->name,
		.link = c->notice_link,
		.told = tell_page,
		.arg = s,
	};
	enum err e = open_channels(s, f);

	if (e)
		return e;
	o.mail = channels_mail(s->channels);
	o.webhook = channels_webhook(s->channels);
	o.phone = channels_phone(s->channels);
	return notices_open(&o, &s->notices);
}

enum err notify_begin(struct serve *s, struct fault *f)
{
	return channels_begin(s->channels, s->notices, f);
}

enum err notify_tick(struct serve *s, struct utc_s now, struct fault *f)
{
	enum err e = notice_tick(s->notices, now, NULL, f);

	channels_wake(s->channels);
	return e;
}

void notify_end(struct serve *s)
{
	channels_close(&s->channels);
	notices_close(&s->notices);
}
