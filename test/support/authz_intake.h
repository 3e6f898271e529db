/* authz_intake.h - how to ask the routes of feeds and batches; for authz.h. */
#ifndef TEST_SUPPORT_AUTHZ_INTAKE_H
#define TEST_SUPPORT_AUTHZ_INTAKE_H
#include "record/record.h"
#include "support/authz.h"

/* Of this book, stored through this desk, until the next call. */
void authz_intake_of(const struct record_book *b, struct desk *k);
extern const struct authz_probe authz_intake[];
extern const size_t authz_intake_n;
#endif
