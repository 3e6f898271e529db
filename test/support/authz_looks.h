/* authz_looks.h - probes of the routes about names (src/look) for the matrix. */
#ifndef TEST_SUPPORT_AUTHZ_LOOKS_H
#define TEST_SUPPORT_AUTHZ_LOOKS_H
#include "support/authz.h"

extern const struct authz_probe authz_looks[];
extern const size_t authz_looks_n;
#endif
