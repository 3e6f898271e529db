/* admit.c - who asks, and may they. */
#include <string.h>

#include "access/inside.h"
#include "access/key.h"
#include "access/session.h"

#include "base/ban.h"

static bool starts(struct str s, struct str with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

/* A key that is said openly wins over a cookie that a browser may send along. */
void admit_claim(struct call_state *s)
{
	static const struct str scheme = { "Bearer ", 7 };
	struct str said = http_header(s->call.rq, "Authorization");
	struct str cookie = http_cookie(s->call.rq, DISPATCH_COOKIE);

	if (said.p) {
		s->bearer.kind = BEARER_KEY;
		s->claimed = starts(said, scheme) &&
			     bearer_parse(BEARER_KEY,
					  (struct str){ said.p + scheme.n, said.n - scheme.n },
					  &s->bearer) == OK;
	} else {
		s->bearer.kind = BEARER_SESSION;
		s->claimed = cookie.p && bearer_parse(BEARER_SESSION, cookie, &s->bearer) == OK;
	}
}

enum err admit_may(const struct who *w, const struct route *r, const struct policy_choice *p,
		   struct fault *f)
{
	bool due = w->password_due;
	bool factor = p->admin_totp && !w->totp;

	if (r->need == CAP_ANYONE)
		return OK;
	if (w->kind == WHO_NOBODY)
		return ERR_LOGIN;
	if (!who_may(w, r->need))
		return ERR_ROLE;
	if (r->need == CAP_SESSION)
		return OK;
	if (due)
		return ERR_PASSWORD;
	for (int role = 0; factor && role < ROLE_N; role++)
		if ((w->roles & role_bit((enum role)role)) && role_row((enum role)role)->admin)
			return fault_set(f, ERR_PASSWORD, "管理员须先设置动态验证码",
					 "an administrator sets up a second factor first");
	return OK;
}

static enum err identify(struct tx *tx, struct call_state *s, struct fault *f)
{
	enum err e = ERR_LOGIN;

	s->who = (struct who){ .kind = WHO_NOBODY };
	s->who.capabilities = capability_bit(CAP_ANYONE);
	if (s->claimed && s->bearer.kind == BEARER_KEY)
		e = key_find(tx, &s->bearer, s->call.now, s->call.a, &s->who, f);
	else if (s->claimed)
		e = session_find(tx, s->d->o.policy, &s->bearer, s->call.now, s->call.a, &s->who,
				 &s->touch_due, f);
	return e == ERR_LOGIN ? OK : e;
}

enum err admit(struct tx *tx, struct call_state *s, struct fault *f)
{
	enum err e = identify(tx, s, f);

	if (e)
		return e;
	s->admitted = true;
	return admit_may(&s->who, s->call.route, policy_choice(s->d->o.policy), f);
}
