/* vault_grant.c - what opens names: whatever is not exactly what the house signed opens none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support/paths.h"
#include "support/vaulted.h"

struct desk {
	struct vaulted h;
	int64_t id[3]; /* kept people, whose phone is a canary */
	struct buf blob;
};

static int open_desk(void **state)
{
	static struct desk d;
	struct vault_row rows[3];
	struct vault_staged_row ret[3];

	memset(&d, 0, sizeof d);
	vaulted_open(&d.h, CRYPT_WORLD);
	for (int i = 0; i < 3; i++)
		rows[i] = (struct vault_row){ i, vaulted_person("覃小英", "", "13800007777") };
	assert_int_equal(vault_stage(d.h.v, 1, rows, 3, ret, &d.h.fault), OK);
	assert_int_equal(vault_keep(d.h.v, 1, &d.h.fault), OK);
	for (int i = 0; i < 3; i++)
		d.id[i] = ret[i].subject;
	*state = &d;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *d = *state;

	vaulted_close(&d->h);
	crypt_signer_end(&d->h.signer);
	buf_release(&d->blob);
	return system("rm -rf house");
}

static enum err ask(struct desk *d, struct str blob, int64_t account, int64_t id)
{
	CLEANUP(vault_people_end) struct vault_people p = { 0 };
	enum err e;

	d->h.fault = (struct fault){ 0 };
	e = vault_resolve(d->h.v, blob, account, &id, 1, &p, &d->h.fault);
	if (e)
		assert_null(p.v);
	return e;
}

static struct str granted(struct desk *d, enum grant_kind kind)
{
	struct grant g = vaulted_grant(&d->h, kind, d->id, 2);

	return vaulted_sign(&d->h, &g, &d->blob);
}

static void a_grant_opens_what_it_lists_to_whom_it_is_addressed_in_its_time(void **state)
{
	struct desk *d = *state;
	struct str blob = granted(d, GRANT_TRACE);
	int64_t life = grant_life_max(GRANT_TRACE), now = *d->h.now_s;

	assert_int_equal(ask(d, blob, 7, d->id[0]), OK);
	assert_int_equal(ask(d, blob, 7, d->id[2]), ERR_WARRANT); /* not in the list */
	assert_int_equal(ask(d, blob, 8, d->id[0]), ERR_WARRANT); /* somebody else's */
	assert_int_equal(ask(d, (struct str){ "", 0 }, 7, d->id[0]), ERR_WARRANT);
	*d->h.now_s = now + life - 1;
	assert_int_equal(ask(d, blob, 7, d->id[0]), OK);
	*d->h.now_s = now + life;
	assert_int_equal(ask(d, blob, 7, d->id[0]), ERR_WARRANT);
	*d->h.now_s = now - 1;
	assert_int_equal(ask(d, blob, 7, d->id[0]), ERR_WARRANT);
	*d->h.now_s = now;
}

static void a_grant_for_one_use_is_used_once_also_by_a_vault_begun_anew(void **state)
{
	struct desk *d = *state;
	struct str blob = granted(d, GRANT_BREAK_GLASS);

	assert_int_equal(ask(d, blob, 8, d->id[0]), ERR_WARRANT); /* refused is not used */
	assert_int_equal(ask(d, blob, 7, d->id[0]), OK);
	assert_int_equal(ask(d, blob, 7, d->id[0]), ERR_WARRANT);
	vaulted_close(&d->h);
	vaulted_open(&d->h, CRYPT_WORLD);
	assert_int_equal(ask(d, blob, 7, d->id[0]), ERR_WARRANT);
}

static void every_altered_byte_of_a_grant_is_refused(void **state)
{
	struct desk *d = *state;
	struct str blob = granted(d, GRANT_TASK);
	CLEANUP(buf_release) struct buf bad = { 0 };
	unsigned tried = 0;

	for (size_t i = 0; i < blob.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			buf_clear(&bad);
			buf_str(&bad, blob);
			bad.p[i] = (char)(bad.p[i] ^ 1 << bit);
			assert_int_equal(ask(d, buf_view(&bad), 7, d->id[0]), ERR_WARRANT);
			tried++;
		}
	for (size_t n = 0; n < blob.n; n++)
		assert_int_equal(ask(d, (struct str){ blob.p, n }, 7, d->id[0]), ERR_WARRANT);
	assert_true(tried > 1000);
	assert_int_equal(ask(d, blob, 7, d->id[0]), OK);
}

static void a_grant_of_another_house_is_refused(void **state)
{
	struct desk *d = *state;
	CLEANUP(crypt_signer_end) struct crypt_signer *other = NULL;
	CLEANUP(buf_release) struct buf blob = { 0 };
	struct grant g = vaulted_grant(&d->h, GRANT_TRACE, d->id, 2);
	struct crypt_seed seed;

	crypt_seed_new(CRYPT_WORLD, &crypt_random_system, &seed);
	assert_int_equal(crypt_signer_new(&seed, &other), OK);
	assert_int_equal(grant_sign(&g, other, &blob, NULL), OK);
	assert_int_equal(ask(d, buf_view(&blob), 7, d->id[0]), ERR_WARRANT);
}

/* What grant_sign refuses, with the word for it. */
static void no_grant_is_given_that_is_too_wide(void **state)
{
	struct desk *d = *state;
	const struct grant good = vaulted_grant(&d->h, GRANT_TRACE, d->id, 2);
	struct grant g[12];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(g); i++)
		g[i] = good;
	g[n++].kind = GRANT_KIND_N;
	g[n++].agency = (enum grant_agency)0;
	g[n++].id = 0;
	g[n++].account = 0;
	g[n++].matter = STR("");
	g[n++].purpose = STR("");
	g[n++].fields |= 1u << VAULT_ADDRESS; /* the centre has no addresses */
	g[n++].expires.v++;
	g[n++].expires = good.issued;
	g[n++].n = 0;
	g[n++].n = GRANT_IDS_MAX + 1;
	g[n].kind = GRANT_BREAK_GLASS, g[n].expires.v = good.issued.v + 60, n++; /* for many uses */
	assert_int_equal(n, ARRAY_LEN(g));
	for (size_t i = 0; i < n; i++) {
		buf_clear(&d->blob);
		assert_int_equal(grant_sign(&g[i], d->h.signer, &d->blob, &d->h.fault), ERR_RANGE);
		assert_int_equal(d->blob.n, 0);
	}
}

static void of_random_numbers_none_is_anybody(void **state)
{
	struct desk *d = *state;
	size_t n = env_u64("OUTPOST_PSEUDONYMS", 100000), known = 0;
	CLEANUP(buf_release) struct buf blob = { 0 };
	struct dice dice = { 5 };
	int64_t *ids = mem_take(n, sizeof *ids);

	assert_non_null(ids);
	for (size_t i = 0; i < n; i++)
		ids[i] = (int64_t)(dice_next(&dice) >> 1) | 1;
	for (size_t from = 0; from < n; from += GRANT_IDS_MAX) {
		CLEANUP(vault_people_end) struct vault_people p = { 0 };
		size_t lot = min_size(n - from, GRANT_IDS_MAX);
		struct grant g = vaulted_grant(&d->h, GRANT_TRACE, ids + from, lot);

		assert_int_equal(vault_resolve(d->h.v, vaulted_sign(&d->h, &g, &blob), 7,
					       ids + from, lot, &p, &d->h.fault),
				 OK);
		for (size_t i = 0; i < p.n; i++)
			known += p.v[i].known;
	}
	assert_int_equal(known, 0);
	mem_drop(ids);
}

/* ---- what travels to which agency ---- */

static void what_each_agency_may_be_told_is_what_we_looked_at(void **state)
{
	static const struct {
		const char *agency, *fields, *facts;
	} GOLDEN[] = {
		{ "cdc", "name phone birth sex", "diagnosis chain places to_do" },
		{ "community", "address", "to_do" },
		{ "police", "name id_number sex", "to_do" },
		{ "telecom", "", "places" },
	};

	(void)state;
	for (enum grant_agency a = GRANT_CDC; a < GRANT_AGENCY_N; a++) {
		CLEANUP(buf_release) struct buf fields = { 0 };
		CLEANUP(buf_release) struct buf facts = { 0 };

		for (unsigned i = 0; i < VAULT_FIELD_N; i++)
			if (grant_agency_fields(a) & 1u << i)
				buf_fmt(&fields, "%s%s", fields.n ? " " : "",
					vault_field_word((enum vault_field)i));
		for (unsigned i = 0; i < GRANT_FACT_N; i++)
			if (grant_agency_facts(a) & 1u << i)
				buf_fmt(&facts, "%s%s", facts.n ? " " : "",
					grant_fact_word((enum grant_fact)i));
		assert_string_equal(grant_agency_word(a), GOLDEN[a - 1].agency);
		assert_true(str_eq(buf_view(&fields), str_of(GOLDEN[a - 1].fields)));
		assert_true(str_eq(buf_view(&facts), str_of(GOLDEN[a - 1].facts)));
	}
}

/* Whoever knows an illness and whoever knows a door share nothing to join the two by. */
static void no_two_agencies_can_join_a_diagnosis_and_an_address(void **state)
{
	(void)state;
	for (enum grant_agency a = GRANT_CDC; a < GRANT_AGENCY_N; a++)
		for (enum grant_agency b = GRANT_CDC; b < GRANT_AGENCY_N; b++) {
			bool ill = grant_agency_facts(a) & 1u << GRANT_DIAGNOSIS;
			bool door = grant_agency_fields(b) & 1u << VAULT_ADDRESS;

			if (ill && door)
				assert_int_equal(grant_agency_fields(a) & grant_agency_fields(b),
						 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grant_opens_what_it_lists_to_whom_it_is_addressed_in_its_time),
		cmocka_unit_test(a_grant_for_one_use_is_used_once_also_by_a_vault_begun_anew),
		cmocka_unit_test(every_altered_byte_of_a_grant_is_refused),
		cmocka_unit_test(a_grant_of_another_house_is_refused),
		cmocka_unit_test(no_grant_is_given_that_is_too_wide),
		cmocka_unit_test(of_random_numbers_none_is_anybody),
		cmocka_unit_test(what_each_agency_may_be_told_is_what_we_looked_at),
		cmocka_unit_test(no_two_agencies_can_join_a_diagnosis_and_an_address),
	};

	return cmocka_run_group_tests(tests, open_desk, close_desk);
}
