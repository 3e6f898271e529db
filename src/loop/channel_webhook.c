/*
 * channel_webhook.c - a message as a POST: the house's own template, with a signature of the body.
 *
 *     Outpost-Message: 17...                  the same in all tries: who has it, answers 2xx again
 *     Outpost-Signature: sha256=9a0c...       HMAC over the body, as it came
 */
#include <string.h>

#include "crypt/encode.h"
#include "crypt/hmac.h"
#include "loop/channel_inside.h"

#include "base/ban.h"

/* A line more for the request; false: there is no memory. */
static bool add(struct curl_slist **list, struct buf *line)
{
	struct curl_slist *more;

	buf_char(line, '\0');
	if (line->failed || !(more = curl_slist_append(*list, line->p)))
		return false;
	*list = more;
	buf_clear(line);
	return true;
}

static bool headers(const struct channels *c, const struct notice_message *m, struct str body,
		    struct curl_slist **ret)
{
	CLEANUP(buf_release) struct buf line = { 0 };
	uint8_t mac[CRYPT_RAW_BYTES];

	buf_fmt(&line, "Content-Type: %s", c->o.webhook_type);
	if (!add(ret, &line))
		return false;
	buf_fmt(&line, "Outpost-Message: %lld", (long long)m->id);
	if (!add(ret, &line))
		return false;
	buf_lit(&line, "Expect:"); /* no pause before the body */
	if (!add(ret, &line))
		return false;
	if (!c->secret)
		return true;
	if (crypt_hmac(c->o.suite, (struct str){ c->secret, c->n_secret }, body, mac))
		return false;
	buf_fmt(&line, "Outpost-Signature: %s=", crypt_hmac_word(c->o.suite));
	encode_hex(&line, mac, sizeof mac);
	return add(ret, &line);
}

static void body_of(const struct channels *c, const struct notice_message *m, struct buf *out)
{
	CLEANUP(buf_release) struct buf count = { 0 }, id = { 0 }, task = { 0 };
	struct str value[TEMPLATE_FIELD_N] = {
		[TEMPLATE_TO] = m->to,
		[TEMPLATE_TEXT] = m->text,
		[TEMPLATE_SUBJECT] = m->subject,
		[TEMPLATE_URGENT] = m->urgent ? STR("yes") : STR("no"),
		[TEMPLATE_KIND] = m->kind,
		[TEMPLATE_AREA] = m->area,
		[TEMPLATE_DEADLINE] = m->deadline,
		[TEMPLATE_LINK] = m->link,
		[TEMPLATE_LANGUAGE] = m->english ? STR("en") : STR("zh"),
	};

	buf_i64(&count, m->n);
	buf_i64(&id, m->id);
	buf_i64(&task, m->task);
	if (count.failed || id.failed || task.failed) {
		out->failed = ERR_MEMORY;
		return;
	}
	value[TEMPLATE_COUNT] = buf_view(&count);
	value[TEMPLATE_MESSAGE] = buf_view(&id);
	value[TEMPLATE_TASK] = buf_view(&task);
	template_fill(c->template, value, out);
}

static const char *status_why(long status)
{
	if (status / 100 == 2)
		return NULL;
	return status >= 500 ? "server" : status / 100 == 3 ? "redirect" : "refused";
}

const char *channel_webhook(struct channel_worker *w, const struct notice_message *m)
{
	CLEANUP(buf_release) struct buf body = { 0 };
	const struct channels *c = w->of;
	struct curl_slist *list = NULL;
	CURL *h = w->easy;
	long status = 0;
	CURLcode code;

	body_of(c, m, &body);
	if (body.failed || !headers(c, m, buf_view(&body), &list)) {
		curl_slist_free_all(list);
		return "memory";
	}
	channel_prepare(w, c->o.webhook_url, "http,https");
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(h, CURLOPT_POST, 1L);
	curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.n ? body.p : "");
	curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	code = curl_easy_perform(h);
	if (!code)
		curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(list);
	return code ? channel_why(code) : status_why(status);
}
