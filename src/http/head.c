/*
 * head.c - from the headers of a request to what the rooms above see, or to a refusal.
 *
 * libmicrohttpd is lenient where two readers of one message could disagree (a length twice, a
 * length beside chunks, a folded or repeated header), and so a proxy in front of us could be
 * fooled. All of that is refused here, once, before anybody above is asked.
 */
#include "http/inside.h"
#include "http/parse.h"

#include <string.h>

#include "base/ban.h"

static const char *const methods[HTTP_METHOD_N] = { "GET",   "POST",   "PUT",
						    "PATCH", "DELETE", "OPTIONS" };

const char *http_method_word(enum http_method m)
{
	assert(m < HTTP_METHOD_N);
	return methods[m];
}

/* These must not come twice, for the two could say different things to two readers. */
static const char *const once[] = {
	"Host",           "Content-Length", "Transfer-Encoding", "Content-Type",
	"Authorization",  "Origin",         "Idempotency-Key",   "Expect",
	"Sec-Fetch-Site",
};

struct scan {
	unsigned seen[ARRAY_LEN(once)];
	bool bad;
};

static enum MHD_Result scan_one(void *arg, enum MHD_ValueKind kind, const char *name,
				const char *value)
{
	struct scan *s = arg;
	struct str text = str_of(name);

	(void)kind;
	s->bad = s->bad || text.n == 0 || (value && !http_parse_value(str_of(value)));
	for (size_t i = 0; i < text.n; i++)
		s->bad = s->bad || (unsigned char)name[i] <= 0x20 || (unsigned char)name[i] >= 0x7F;
	for (size_t i = 0; i < ARRAY_LEN(once); i++)
		if (http_parse_same(text, str_of(once[i])) && ++s->seen[i] > 1)
			s->bad = true;
	return MHD_YES;
}

struct str http_look_up(const struct http_exchange *ex, const char *name)
{
	const char *value = NULL;
	size_t n = 0;

	if (MHD_lookup_connection_value_n(ex->mhd, MHD_HEADER_KIND, name, strlen(name), &value,
					  &n) == MHD_NO ||
	    !value)
		return (struct str){ 0 };
	return (struct str){ value, n };
}

struct twice {
	const char *name;
	unsigned n;
};

static enum MHD_Result count_one(void *arg, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct twice *t = arg;

	(void)kind;
	(void)value;
	t->n += http_parse_same(str_of(name), str_of(t->name));
	return MHD_YES;
}

struct str http_header(const struct http_request *rq, const char *name)
{
	struct str value = http_look_up(rq->exchange, name);
	struct twice t = { .name = name };

	if (value.p) {
		MHD_get_connection_values(rq->exchange->mhd, MHD_HEADER_KIND, count_one, &t);
		if (t.n > 1)
			return (struct str){ 0 };
	}
	return value;
}

struct str http_cookie(const struct http_request *rq, const char *name)
{
	struct str header = http_header(rq, "Cookie");

	return header.p ? http_parse_cookie(header, str_of(name)) : header;
}

struct str http_query(const struct http_request *rq, const char *name)
{
	struct str key = str_of(name);

	for (size_t i = 0; i < rq->n_query; i++)
		if (str_eq(rq->query[i].name, key))
			return rq->query[i].value;
	return (struct str){ 0 };
}

/* ---- where it came from ---- */

static enum err check_host(struct http_exchange *ex, struct fault *f)
{
	const char *const *names = ex->h->o.names;
	struct str host;
	bool literal;

	if (!http_parse_host(http_look_up(ex, "Host"), &host, &literal))
		return fault_set(f, ERR_SYNTAX, "缺少 Host 头，或不正确",
				 "there is no proper Host header");
	/*
	 * A page of somebody else can make its own name point at us (DNS rebinding); an address it
	 * cannot make its own. With TLS a browser would have refused our certificate for that name.
	 */
	if (literal || (ex->h->loopback && http_parse_same(host, STR("localhost"))) ||
	    (ex->h->o.tls_cert.n && !names))
		return OK;
	for (; names && *names; names++)
		if (http_parse_same(host, str_of(*names)))
			return OK;
	return fault_set(f, ERR_ORIGIN, "本系统不使用这个主机名；如属实，请写入配置项 names",
			 "this host name is not ours; if it is, add it to names in the "
			 "configuration");
}

enum err http_same_origin(const struct http_request *rq, struct fault *f)
{
	struct str origin = http_look_up(rq->exchange, "Origin"),
		   host = http_look_up(rq->exchange, "Host");
	struct str site = http_look_up(rq->exchange, "Sec-Fetch-Site");
	struct str scheme = rq->tls ? STR("https://") : STR("http://");
	bool ours = true;

	if (origin.p)
		ours = origin.n == scheme.n + host.n && memcmp(origin.p, scheme.p, scheme.n) == 0 &&
		       http_parse_same((struct str){ origin.p + scheme.n, host.n }, host);
	else if (site.p)
		ours = str_eq(site, STR("same-origin")) || str_eq(site, STR("none"));
	if (ours)
		return OK;
	return fault_set(f, ERR_ORIGIN, "请求来自别的网站，已拒绝",
			 "the request comes from another site and was refused");
}

static void who_calls(struct http_exchange *ex)
{
	struct str by;

	ex->rq.peer = str_of(ex->conn->peer);
	ex->rq.tls = ex->h->o.tls_cert.n > 0;
	if (!ex->h->o.behind_proxy || !ex->conn->local)
		return;
	by = http_parse_forwarded(http_header(&ex->rq, "X-Forwarded-For"));
	if (by.p)
		ex->rq.peer = by;
	ex->rq.tls = ex->rq.tls || str_eq(http_header(&ex->rq, "X-Forwarded-Proto"), STR("https"));
}

/* ---- all of it ---- */

static enum err read_method(struct http_exchange *ex, const char *word, struct fault *f)
{
	ex->rq.head = strcmp(word, "HEAD") == 0;
	if (ex->rq.head)
		word = methods[HTTP_GET];
	for (unsigned m = 0; m < HTTP_METHOD_N; m++)
		if (strcmp(word, methods[m]) == 0) {
			ex->rq.method = (enum http_method)m;
			return OK;
		}
	return fault_set(f, ERR_METHOD, "不认识的请求方法", "this method is not known here");
}

static enum err check_framing(struct http_exchange *ex, const struct scan *s, struct fault *f)
{
	struct str coding = http_look_up(ex, "Transfer-Encoding");
	bool length = http_look_up(ex, "Content-Length").p != NULL;
	const union MHD_ConnectionInfo *head;

	head = MHD_get_connection_info(ex->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	if (head && head->header_size > ex->h->o.header_bytes_max)
		return fault_set(f, ERR_TOO_LARGE, "请求头超过 %zu 字节",
				 "the headers have more than %zu bytes", ex->h->o.header_bytes_max);
	if (s->bad || (coding.p && (length || !http_parse_same(coding, STR("chunked")))))
		return fault_set(f, ERR_SYNTAX, "请求头不正确，或不该重复的出现了两次",
				 "a header is not proper, or one came twice that must not");
	return OK;
}

enum err http_head_read(struct http_exchange *ex, const char *url, const char *method,
			struct fault *f)
{
	struct scan s = { 0 };
	enum err e;

	who_calls(ex);
	MHD_get_connection_values(ex->mhd, MHD_HEADER_KIND, scan_one, &s);
	if ((e = check_framing(ex, &s, f)) || (e = check_host(ex, f)) ||
	    (e = read_method(ex, method, f)))
		return e;
	e = http_parse_path(str_of(url), ex->rq.arena, &ex->rq.path);
	if (!e)
		e = http_parse_query(ex->query_raw, ex->rq.arena, &ex->rq.query, &ex->rq.n_query);
	if (e == ERR_SYNTAX || e == ERR_ENCODING)
		return fault_set(f, ERR_SYNTAX, "地址不正确：编码有误，或参数重复",
				 "the address is not proper: a wrong encoding, or a parameter "
				 "that comes twice");
	return e;
}
