/* authz_accounts.h - how to ask the routes of sessions, accounts and keys; for authz.h. */
#ifndef TEST_SUPPORT_AUTHZ_ACCOUNTS_H
#define TEST_SUPPORT_AUTHZ_ACCOUNTS_H
#include "support/authz.h"

extern const struct authz_probe authz_accounts[];
extern const size_t authz_accounts_n;
#endif
