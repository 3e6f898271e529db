/*
 * profile_sample.h - one valid profile that uses every field there is, and ways to spoil it.
 */
#ifndef TEST_SUPPORT_PROFILE_SAMPLE_H
#define TEST_SUPPORT_PROFILE_SAMPLE_H
#include "profile/profile.h"

extern const char profile_sample[];      /* a single profile */
extern const char profile_sample_list[]; /* a file of three, with shared words and rules */

struct loaded {
	struct arena *a;
	struct profile_set set;
	struct profile_faults faults;
	struct fault fault;
	enum err e;
};

/* Load a text; released by loaded_end. */
struct loaded load_text(struct str text);
/* The same after replacing `from`, which must stand there exactly once, by `to`. */
struct loaded load_spoilt(const char *text, const char *from, const char *to);
void loaded_end(struct loaded *l);
#endif
