/*
 * role.h - what may be done, by name, and which role may do it. One table, role.c.
 *
 * A capability is a thing that a person may do; a role is an office that people hold, and a set of
 * capabilities. Code asks for capabilities and never for roles. Three roles are kept apart: who
 * runs the system, who grants rights and who reads the ledger are three people.
 *
 * Life:     constants and plain values.
 * Shapes:   capabilities and roles are bits, at most 63 and 31.
 * Source:   docs/adr/0009-access.md; GB/T 22239-2019 8.1.4.2 (separated administrators)
 */
#ifndef ACCESS_ROLE_H
#define ACCESS_ROLE_H
#include "base/base.h"
#include "base/text.h"

enum capability {
	CAP_NONE,    /* nobody: what a row says that forgot to say */
	CAP_ANYONE,  /* without an account */
	CAP_SESSION, /* whoever has signed in, also when a new password is due */
	CAP_SELF,    /* every account */
	/* From here on a role or an API key must have it. */
	CAP_GRID_READ,     /* organisations, duty holders and their work phones, responsibility */
	CAP_GRID_WRITE,    /* organisations, duty holders, who is responsible for what */
	CAP_ROSTER_WRITE,  /* the duty roster */
	CAP_CDC_READ,      /* what is for disease control alone */
	CAP_CASE_WRITE,    /* report a case */
	CAP_CASE_RESULT,   /* a laboratory's result of a case */
	CAP_CASE_CONFIRM,  /* confirm a case, or exclude it */
	CAP_TRACE,         /* trace contacts, with a warrant */
	CAP_CDC_WRITE,     /* mend what came in about disease */
	CAP_FEED_READ,     /* feeds, their batches and their health */
	CAP_FEED_WRITE,    /* keep feeds; recall a batch, let a held one in */
	CAP_PUSH,          /* bring a batch of a feed */
	CAP_REVIEW,        /* say whether two records are about one person */
	CAP_IMPORT,        /* rows from files */
	CAP_EXPORT,        /* rows into files */
	CAP_AREA_WRITE,    /* the tree of areas itself */
	CAP_ACCOUNT_READ,  /* accounts, and which roles they hold */
	CAP_ACCOUNT_WRITE, /* make an account, suspend it, give it a new password */
	CAP_GRANT,         /* roles, areas and API keys; take away a second factor */
	CAP_LEDGER_READ,   /* who did and who read what */
	CAP_SYSTEM,        /* how the server runs */
	/* names of people: src/look */
	CAP_BREAK_GLASS,      /* ask for names in an emergency, and approve what another asked */
	CAP_BREAK_GLASS_READ, /* see who asked and who approved */
	CAP_ACCESS_REPORT,    /* tell a person at the desk who looked at them */
	/* tasks, campaigns, hazards, measures: src/loop and above */
	CAP_TASK_READ,      /* see tasks */
	CAP_TASK_DO,        /* whatever the flow says is for one's party */
	CAP_TASK_RAISE,     /* give somebody a task */
	CAP_CAMPAIGN_WRITE, /* start and end campaigns */
	CAP_HAZARD_WRITE,   /* report and mend hazards */
	CAP_MEASURE,        /* order measures about a person, and lift them */
	CAP_SAFETY_READ,    /* see units and what can go wrong in them */
	CAP_SAFETY_WRITE,   /* keep them */
	CAP_N
};

struct capability_words {
	const char *word, *zh, *en; /* "grid_read": in the API and in an API key's list */
};
const struct capability_words *capability_words(enum capability c);
enum capability capability_of(struct str word); /* CAP_NONE: there is none of that name */
static inline uint64_t capability_bit(enum capability c)
{
	return (uint64_t)1 << c;
}

enum role {
	ROLE_GRID_WORKER,
	ROLE_DOCTOR,
	ROLE_INVESTIGATOR,
	ROLE_LAB,
	ROLE_INSPECTOR,
	ROLE_ENTERPRISE,
	ROLE_DUTY_OFFICER,
	ROLE_AREA_LEAD,
	ROLE_SYSTEM_ADMIN,
	ROLE_SECURITY_ADMIN,
	ROLE_AUDITOR,
	ROLE_OVERSEER,
	ROLE_N
};

struct role_row {
	const char *word, *zh, *en; /* "grid_worker" */
	uint64_t capabilities;
	bool admin; /* one of the three that no account holds two of */
};
const struct role_row *role_row(enum role r);
bool role_of(struct str word, enum role *ret);
static inline uint32_t role_bit(enum role r)
{
	return (uint32_t)1 << r;
}
/* What these roles together may, CAP_ANYONE, CAP_SESSION and CAP_SELF included. */
uint64_t role_capabilities(uint32_t roles);
/* May one account hold all of these? ERR_CONFLICT if two of them are admin roles, and say so. */
MUST_CHECK enum err role_check(uint32_t roles, struct fault *f);

#endif
