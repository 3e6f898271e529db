/* channel_smtp.c - a message as mail: plain text, UTF-8, to one address. */
#include <string.h>

#include "base/when.h"
#include "crypt/encode.h"
#include "loop/channel_inside.h"

#include "base/ban.h"

enum { WORD_BYTES = 45, LINE_BYTES = 57 }; /* 60 and 76 signs of base64 */
#define GOODBYE_S 10L

static void date_line(struct utc_s now, struct buf *out)
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int32_t day = (int32_t)(now.v / 86400);
	int s = (int)(now.v % 86400), y, m, d;

	date_civil(day, &y, &m, &d);
	buf_fmt(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n", days + day % 7 * 3, d,
		months + (m - 1) * 3, y, s / 3600, s / 60 % 60, s % 60);
}

/* RFC 2047: words of at most 75 signs, none of which cuts a character. */
static void subject_line(struct str s, struct buf *out)
{
	size_t i = 0;

	buf_lit(out, "Subject:");
	while (i < s.n) {
		size_t n = min_size(s.n - i, WORD_BYTES);

		while (i + n < s.n && ((unsigned char)s.p[i + n] & 0xc0) == 0x80)
			n--;
		buf_lit(out, i ? "\r\n =?UTF-8?B?" : " =?UTF-8?B?");
		encode_base64(out, s.p + i, n);
		buf_lit(out, "?=");
		i += n;
	}
	buf_lit(out, "\r\n");
}

void channel_mail(const char *from, const struct notice_message *m, struct utc_s now,
		  struct buf *out)
{
	buf_fmt(out, "From: <%s>\r\n", from);
	buf_fmt(out, "To: <%.*s>\r\n", (int)m->to.n, m->to.p);
	subject_line(m->subject, out);
	date_line(now, out);
	buf_fmt(out, "Message-ID: <notice.%lld%s>\r\n", (long long)m->id, strchr(from, '@'));
	if (m->urgent)
		buf_lit(out, "Importance: high\r\n");
	buf_lit(out, "Auto-Submitted: auto-generated\r\n"
		     "MIME-Version: 1.0\r\n"
		     "Content-Type: text/plain; charset=utf-8\r\n"
		     "Content-Transfer-Encoding: base64\r\n\r\n");
	for (size_t i = 0; i < m->text.n; i += LINE_BYTES) {
		encode_base64(out, m->text.p + i, min_size(m->text.n - i, LINE_BYTES));
		buf_lit(out, "\r\n");
	}
}

struct giving {
	struct str left;
};

static size_t give(char *to, size_t each, size_t n, void *arg)
{
	struct giving *g = arg;
	size_t part = min_size(each * n, g->left.n);

	if (part)
		memcpy(to, g->left.p, part);
	g->left = (struct str){ g->left.p + part, g->left.n - part };
	return part;
}

const char *channel_smtp(struct channel_worker *w, const struct notice_message *m, struct utc_s now)
{
	CLEANUP(buf_release) struct buf mail = { 0 }, to = { 0 };
	const struct channels *c = w->of;
	struct curl_slist *rcpt = NULL;
	struct giving g;
	CURL *h = w->easy;
	CURLcode code;

	channel_mail(c->o.mail_from, m, now, &mail);
	buf_str(&to, m->to);
	buf_char(&to, '\0');
	if (mail.failed || to.failed || !(rcpt = curl_slist_append(NULL, to.p)))
		return "memory";
	g.left = buf_view(&mail);
	channel_prepare(w, c->o.mail_url, "smtp,smtps");
	curl_easy_setopt(h, CURLOPT_USE_SSL,
			 (long)(c->o.mail_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	/* Good-bye is said while the try is under way: later nobody could end the wait for it. */
	curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(h, CURLOPT_SERVER_RESPONSE_TIMEOUT, GOODBYE_S);
	curl_easy_setopt(h, CURLOPT_MAIL_FROM, c->o.mail_from);
	curl_easy_setopt(h, CURLOPT_MAIL_RCPT, rcpt);
	if (c->user) {
		curl_easy_setopt(h, CURLOPT_USERNAME, c->user);
		curl_easy_setopt(h, CURLOPT_PASSWORD, c->password);
	}
	curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(h, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(h, CURLOPT_READDATA, &g);
	code = curl_easy_perform(h);
	curl_slist_free_all(rcpt);
	return channel_why(code);
}
