/*
 * account.h - accounts as a noun: who they belong to, and whether they are open.
 *
 * Listed, searched, made, suspended and closed like any other; what opens an account and what it
 * may stand apart (access/account.h). Whoever makes one is told its password, once; an account out
 * of a file has none until somebody gives it one. A login name is one account's for ever.
 */
#ifndef GRID_ACCOUNT_H
#define GRID_ACCOUNT_H
#include "record/record.h"

enum account_state { ACCOUNT_NONE, ACCOUNT_OPEN, ACCOUNT_SUSPENDED, ACCOUNT_CLOSED };
enum account_language { ACCOUNT_NO_LANGUAGE, ACCOUNT_ZH, ACCOUNT_EN };

struct account_row {
	struct record record;
	struct str login, name, phone;
	enum account_language language;
	/* Their department, and who of the duty holders they are: two people of two departments
	 * break the glass (room look). */
	struct record_id organisation, officer;
};

extern const struct noun account_noun;
#endif
