/*
 * who.h - who is asking: an account by its session, a program by its API key, or nobody.
 *
 * Life:     a plain value, worked out anew for every request; texts lie in the request's arena.
 */
#ifndef ACCESS_WHO_H
#define ACCESS_WHO_H
#include "access/role.h"
#include "access/scope.h"
#include "base/text.h"

enum who_kind {
	WHO_NOBODY,
	WHO_PERSON, /* an account, by its session */
	WHO_KEY     /* an agency's program, by its API key */
};
enum language { LANGUAGE_ZH, LANGUAGE_EN };

struct who {
	enum who_kind kind;
	int64_t account;        /* the actor in the ledger: an account or an API key; 0: nobody */
	int64_t session;        /* 0 for an API key */
	struct area_code home;  /* where it is kept; what is stored of it lies in its county */
	struct str login, name; /* official data: never into a log. Of a key: "", the agency */
	uint32_t roles;         /* none for an API key */
	uint64_t capabilities;
	struct scope scope;
	enum language language;
	bool password_due; /* may do what CAP_SESSION allows, and nothing else */
	bool totp;         /* has a second factor */
};

static inline bool who_may(const struct who *w, enum capability c)
{
	return (w->capabilities & capability_bit(c)) != 0;
}

#endif
