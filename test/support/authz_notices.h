/*
 * authz_notices.h - how the authorisation matrix asks routes of notices.
 */
#ifndef TEST_SUPPORT_AUTHZ_NOTICES_H
#define TEST_SUPPORT_AUTHZ_NOTICES_H
#include "support/authz.h"

extern const struct authz_probe authz_notices[];
extern const size_t authz_notices_n;
#endif
