/* channel.c - see channel.h. */
#include "loop/channel.h"

#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "loop/channel_inside.h"

#include "base/ban.h"

enum { SECRET_BYTES_MAX = 4096, LEASE_MORE_S = 10, TEXTS = 64 << 10 };

/* ---- what the settings say ------------------------------------------------------------------- */

static enum err wrong(struct fault *f, const char *key, const char *zh, const char *en)
{
	return fault_set(f, ERR_USAGE, "设置 %s：%s%.0s", "setting %s: %.0s%s", key, zh, en);
}

struct place {
	char scheme[16];
	bool loopback;
};

static bool on_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "[::1]") == 0;
}

/* What curl makes of an address is what counts, since curl goes there. */
static bool place_of(const char *url, struct place *ret)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *user = NULL;
	bool good = u && !curl_url_set(u, CURLUPART_URL, url, 0) &&
		    !curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) &&
		    !curl_url_get(u, CURLUPART_HOST, &host, 0) &&
		    curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
		    strlen(scheme) < sizeof ret->scheme;

	if (good) {
		memset(ret, 0, sizeof *ret);
		memcpy(ret->scheme, scheme, strlen(scheme));
		ret->loopback = on_loopback(host);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_url_cleanup(u);
	return good;
}

static bool is_address(const char *s)
{
	const char *at = strchr(s, '@');
	size_t n = strlen(s);

	return at && at != s && at[1] && !strchr(at + 1, '@') && n < 200 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.@_+-") ==
		       n;
}

static enum err check_mail(const struct channel_options *o, struct fault *f)
{
	struct place p;

	if (!place_of(o->mail_url, &p) ||
	    (strcmp(p.scheme, "smtp") != 0 && strcmp(p.scheme, "smtps") != 0))
		return wrong(f, "mail.url", "应为 smtps://主机:端口，账号另放在文件里",
			     "it is smtps://HOST:PORT; the account stands in a file");
	if (!is_address(o->mail_from))
		return wrong(f, "mail.from", "应为发件地址，如 outpost@example.gov.cn",
			     "it is the sender's address, outpost@example.gov.cn say");
	if (*o->mail_credentials && !o->mail_tls && strcmp(p.scheme, "smtp") == 0 && !p.loopback)
		return wrong(f, "mail.tls", "账号和口令不能不加密地发往别的机器，请设为 yes",
			     "an account's password does not leave this machine in the clear: "
			     "say yes");
	return OK;
}

static enum err check_webhook(const struct channel_options *o, struct fault *f)
{
	struct place p;

	if (!place_of(o->webhook_url, &p) ||
	    (strcmp(p.scheme, "https") != 0 && strcmp(p.scheme, "http") != 0))
		return wrong(f, "webhook.url", "应为 https:// 地址，其中没有账号",
			     "it is an https:// address without an account");
	if (strcmp(p.scheme, "http") == 0 && !p.loopback)
		return wrong(f, "webhook.url", "http:// 只能到本机，请用 https://",
			     "http:// leads to this machine alone: take https://");
	if (!*o->webhook_template)
		return wrong(f, "webhook.template", "缺少模板文件",
			     "the template's file is missing");
	return OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static enum err read_secret(const char *path, const char *key, char **ret, size_t *ret_n,
			    struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	char *text = NULL;
	size_t n = 0, got = 1;
	enum err e = file_open(path, FILE_READ, &fl, f);

	if (e)
		return e;
	if (!file_is_private(fl))
		return wrong(f, key, "文件只能由本程序的用户读取（chmod 600）",
			     "its file may be read by this program's user alone (chmod 600)");
	if (!(text = mem_take(SECRET_BYTES_MAX + 1, 1)))
		return ERR_MEMORY;
	while (!e && got && n < SECRET_BYTES_MAX) {
		e = file_read(fl, text + n, SECRET_BYTES_MAX - n, &got, f);
		n += e ? 0 : got;
	}
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	if (!e && (n == 0 || n == SECRET_BYTES_MAX || memchr(text, '\0', n)))
		e = wrong(f, key, "文件是空的，或不是文本", "its file is empty, or no text");
	if (e) {
		crypt_wipe(text, SECRET_BYTES_MAX);
		mem_drop(text);
		return e;
	}
	*ret = text;
	*ret_n = n;
	return OK;
}

static void drop_secret(char **text)
{
	if (*text)
		crypt_wipe(*text, SECRET_BYTES_MAX);
	mem_drop(*text);
	*text = NULL;
}

/* A line of user, a line of password: the second points into the first's memory. */
static enum err read_credentials(struct channels *c, struct fault *f)
{
	size_t n;
	char *end;
	enum err e;

	if (!*c->o.mail_credentials)
		return OK;
	if ((e = read_secret(c->o.mail_credentials, "mail.credentials", &c->user, &n, f)))
		return e;
	if (!(end = strchr(c->user, '\n')))
		return wrong(f, "mail.credentials", "文件第一行是账号，第二行是口令",
			     "its file has a line of user and a line of password");
	c->password = end + 1;
	*end = '\0';
	if (end > c->user && end[-1] == '\r')
		end[-1] = '\0';
	return OK;
}

static enum err read_webhook(struct channels *c, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	enum err e = file_map_read(c->o.webhook_template, &m, f);

	if (e || (e = template_read((struct str){ (const char *)m.p, m.n }, c->o.webhook_type,
				    &c->template, f)))
		return e;
	if (!*c->o.webhook_secret)
		return OK;
	return read_secret(c->o.webhook_secret, "webhook.secret", &c->secret, &c->n_secret, f);
}

/* ---- opening --------------------------------------------------------------------------------- */

/* What the options point to is copied: who made them may have made them up on the way. */
static enum err keep_texts(struct channels *c)
{
	const char **at[] = { &c->o.mail_url,    &c->o.mail_from,     &c->o.mail_credentials,
			      &c->o.webhook_url, &c->o.webhook_type,  &c->o.webhook_template,
			      &c->o.ca,          &c->o.webhook_secret };
	enum err e = arena_new(TEXTS, &c->texts);

	for (size_t i = 0; i < ARRAY_LEN(at) && !e; i++)
		if (!(*at[i] = arena_copy(c->texts, *at[i], strlen(*at[i]))))
			e = ERR_MEMORY;
	return e;
}

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_begun;

static void begin_curl(void)
{
	curl_begun = curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum err channels_open(const struct channel_options *o, struct channels **ret, struct fault *f)
{
	CLEANUP(channels_close) struct channels *c = NULL;
	enum err e;

	if (pthread_once(&curl_once, begin_curl) || curl_begun || !(c = mem_take(1, sizeof *c)))
		return ERR_MEMORY;
	c->o = *o;
	if ((e = keep_texts(c)))
		return e;
	if (pthread_mutex_init(&c->lock, NULL) || pthread_cond_init(&c->woken, NULL))
		return ERR_MEMORY;
	if (channels_mail(c) && ((e = check_mail(o, f)) || (e = read_credentials(c, f))))
		return e;
	if (channels_webhook(c) && ((e = check_webhook(o, f)) || (e = read_webhook(c, f))))
		return e;
	*ret = c;
	c = NULL;
	return OK;
}

bool channels_mail(const struct channels *c)
{
	return *c->o.mail_url != '\0';
}

bool channels_webhook(const struct channels *c)
{
	return *c->o.webhook_url != '\0';
}

bool channels_phone(const struct channels *c)
{
	return c->template && template_has(c->template, TEMPLATE_TO);
}

int64_t channels_told(void *channels)
{
	struct channels *c = channels;

	return (int64_t)__atomic_load_n(&c->told, __ATOMIC_RELAXED);
}

int64_t channels_failed(void *channels)
{
	struct channels *c = channels;

	return (int64_t)__atomic_load_n(&c->failed, __ATOMIC_RELAXED);
}

/* ---- one try --------------------------------------------------------------------------------- */

static int going_on(void *channels, curl_off_t a, curl_off_t b, curl_off_t x, curl_off_t y)
{
	struct channels *c = channels;

	(void)a;
	(void)b;
	(void)x;
	(void)y;
	return __atomic_load_n(&c->stop, __ATOMIC_RELAXED);
}

static size_t throw_away(char *p, size_t each, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return each * n;
}

void channel_prepare(struct channel_worker *w, const char *url, const char *protocols)
{
	const struct channels *c = w->of;
	CURL *h = w->easy;

	curl_easy_reset(h); /* the connection stays */
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)c->o.timeout_ms);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)c->o.timeout_ms);
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (*c->o.ca) {
		curl_easy_setopt(h, CURLOPT_CAINFO, c->o.ca);
		curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, going_on);
	curl_easy_setopt(h, CURLOPT_XFERINFODATA, w->of);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, throw_away);
}

const char *channel_why(CURLcode code)
{
	switch (code) {
	case CURLE_OK: return NULL;
	case CURLE_OPERATION_TIMEDOUT: return "timeout";
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT: return "connect";
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE: return "tls";
	case CURLE_LOGIN_DENIED: return "login";
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE: return "dropped";
	default: return "refused";
	}
}

static void log_try(const struct channel_worker *w, const struct notice_message *m, const char *why)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	const struct channels *c = w->of;

	if (!c->o.log)
		return;
	buf_fmt(&b,
		"{\"channel\":\"%s\",\"message\":\"%lld\",\"notices\":%lld,\"try\":%u,"
		"\"result\":\"%s\"}\n",
		notice_channel_word(w->channel), (long long)m->id, (long long)m->n, m->tries,
		why ? why : "told");
	if (!b.failed)
		c->o.log(c->o.log_arg, buf_view(&b));
}

enum err channel_step(struct channel_worker *w, struct utc_s now, bool *ret_any, struct fault *f)
{
	struct channels *c = w->of;
	struct notice_message m;
	int64_t lease_s = c->o.timeout_ms / 1000 + LEASE_MORE_S;
	const char *why;
	enum err e = notice_take(c->notices, w->channel, now, lease_s, w->a, &m, ret_any, f);

	if (e || !*ret_any)
		return e;
	why = w->channel == NOTICE_MAIL ? channel_smtp(w, &m, now) : channel_webhook(w, &m);
	/* Broken off by us: how far it came nobody knows. It is tried again later. */
	if (why && __atomic_load_n(&c->stop, __ATOMIC_RELAXED))
		return OK;
	__atomic_add_fetch(why ? &c->failed : &c->told, 1, __ATOMIC_RELAXED);
	log_try(w, &m, why);
	return notice_sent(c->notices, &m, why, clock_s(&c->o.wall), f);
}

/* ---- threads --------------------------------------------------------------------------------- */

enum err channel_worker_begin(struct channel_worker *w, struct channels *of, enum notice_channel c)
{
	enum err e = arena_new(CHANNEL_ARENA, &w->a);

	w->of = of;
	w->channel = c;
	if (e)
		return e;
	return (w->easy = curl_easy_init()) ? OK : ERR_MEMORY;
}

void channel_worker_end(struct channel_worker *w)
{
	if (w->easy)
		curl_easy_cleanup(w->easy);
	arena_end(&w->a);
	w->easy = NULL;
}

/* Until somebody wakes us, or *seen was woken already; false: it is over. */
static bool wait_for_work(struct channels *c, uint64_t *seen)
{
	bool stop;

	pthread_mutex_lock(&c->lock);
	while (!c->stop && c->wakes == *seen)
		pthread_cond_wait(&c->woken, &c->lock);
	*seen = c->wakes;
	stop = c->stop;
	pthread_mutex_unlock(&c->lock);
	return !stop;
}

static void *work(void *worker)
{
	struct channel_worker *w = worker;
	uint64_t seen = 0;

	while (wait_for_work(w->of, &seen)) {
		bool any = true;

		while (any && !__atomic_load_n(&w->of->stop, __ATOMIC_RELAXED)) {
			struct fault f = { 0 };

			/* A database that fails is asked again at the next waking. */
			if (channel_step(w, clock_s(&w->of->o.wall), &any, &f))
				any = false;
		}
	}
	return NULL;
}

static enum err begin_some(struct channels *c, enum notice_channel which, struct fault *f)
{
	for (unsigned i = 0; i < c->o.threads; i++) {
		struct channel_worker *w = &c->worker[c->n_workers];
		enum err e;

		if (c->n_workers == CHANNEL_THREADS_MAX)
			return OK;
		c->n_workers++;
		if ((e = channel_worker_begin(w, c, which)))
			return e;
		if (pthread_create(&w->thread, NULL, work, w))
			return fault_set(f, ERR_MEMORY, "无法启动发送通知的线程",
					 "no thread could be begun for notices");
		w->begun = true;
	}
	return OK;
}

enum err channels_begin(struct channels *c, struct notices *n, struct fault *f)
{
	enum err e = OK;

	c->notices = n;
	if (channels_mail(c))
		e = begin_some(c, NOTICE_MAIL, f);
	if (!e && channels_webhook(c))
		e = begin_some(c, NOTICE_WEBHOOK, f);
	return e;
}

void channels_wake(struct channels *c)
{
	pthread_mutex_lock(&c->lock);
	c->wakes++;
	pthread_cond_broadcast(&c->woken);
	pthread_mutex_unlock(&c->lock);
}

void channels_close(struct channels **channels)
{
	struct channels *c = *channels;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	__atomic_store_n(&c->stop, true, __ATOMIC_RELAXED);
	pthread_cond_broadcast(&c->woken);
	pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < c->n_workers; i++) {
		if (c->worker[i].begun)
			pthread_join(c->worker[i].thread, NULL);
		channel_worker_end(&c->worker[i]);
	}
	pthread_cond_destroy(&c->woken);
	pthread_mutex_destroy(&c->lock);
	template_end(&c->template);
	arena_end(&c->texts);
	drop_secret(&c->user);
	drop_secret(&c->secret);
	mem_drop(c);
	*channels = NULL;
}
