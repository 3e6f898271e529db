/*
 * bench_vault.c - people into the vault with the check for duplicates, all against all, and names.
 *
 *     bench_vault DIR KNOWN NEW    KNOWN people are kept first, then NEW are imported against them
 *
 * One in ten of NEW is somebody of KNOWN, written otherwise. DIR is made and should be on the disk
 * that a house would use. Lines: figure TAB vault TAB name TAB value, times in ms.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/file.h"
#include "base/memory.h"
#include "crowd.h"
#include "vault/grant.h"
#include "vault/vault.h"

#include "base/ban.h"

enum { LOT = 20000, NOW = 1790000000, NAMES = 10000, MS_NS = 1000000 };

struct bench {
	struct vault_process *process;
	struct vault *v;
	struct crypt_signer *signer;
	struct fault f;
	struct crowd_person *people;
	struct vault_row *rows;
	struct vault_staged_row *staged;
	int64_t names[NAMES];
	size_t n_names;
	uint64_t found;
};

static void check(const struct bench *b, enum err e)
{
	if (!e)
		return;
	(void)fprintf(stderr, "%s: %s\n", err_word(e), b->f.en);
	exit(err_exit(e));
}

static double ms(int64_t from)
{
	return (double)(clock_ns(&clock_steady) - from) / MS_NS;
}

static void tell(const char *name, double value)
{
	printf("figure\tvault\t%s\t%.1f\n", name, value);
	(void)fflush(stdout);
}

/* Batch `batch` of people from..to; every tenth one is number n - again instead. */
static void bring(struct bench *b, int64_t batch, uint64_t from, uint64_t to, uint64_t again)
{
	for (uint64_t at = from; at < to; at += LOT) {
		size_t n = min_size(to - at, LOT);

		for (size_t i = 0; i < n; i++) {
			struct crowd_person *p = &b->people[i];

			crowd_person(again && i % 10 == 0 ? (at + i) % again : at + i, p);
			b->rows[i] = (struct vault_row){ .row = (int64_t)(at + i) };
			b->rows[i].who.text[VAULT_NAME] = str_of(p->name);
			b->rows[i].who.text[VAULT_ID_NUMBER] = str_of(p->id_number);
			b->rows[i].who.text[VAULT_PHONE] = str_of(p->phone);
			b->rows[i].who.text[VAULT_ADDRESS] = str_of(p->address);
		}
		check(b, vault_stage(b->v, batch, b->rows, n, b->staged, &b->f));
		for (size_t i = 0; i < n; i++) {
			b->found += b->staged[i].match.verdict == ALIKE_SAME;
			if (b->n_names < NAMES)
				b->names[b->n_names++] = b->staged[i].subject;
		}
	}
	check(b, vault_keep(b->v, batch, &b->f));
}

static void presences(struct bench *b, int64_t batch, const char *name)
{
	struct vault_presence *who = mem_take(NAMES, sizeof *who);
	int64_t *ret = mem_take(NAMES, sizeof *ret), from;

	if (!who || !ret)
		check(b, ERR_MEMORY);
	for (size_t i = 0; i < NAMES; i++) {
		crowd_person(i, &b->people[i]);
		who[i].at.v = NOW;
		who[i].who.text[VAULT_ID_NUMBER] = str_of(b->people[i].id_number);
	}
	from = clock_ns(&clock_steady);
	check(b, vault_pseudonym(b->v, batch, who, NAMES, ret, &b->f));
	tell(name, ms(from));
	check(b, vault_keep(b->v, batch, &b->f));
	mem_drop(who);
	mem_drop(ret);
}

static enum err count(int64_t x, int64_t y, struct alike how, void *arg, struct fault *f)
{
	(void)x;
	(void)y;
	(void)f;
	*(uint64_t *)arg += how.verdict == ALIKE_SAME;
	return OK;
}

static void resolve(struct bench *b)
{
	CLEANUP(buf_release) struct buf blob = { 0 };
	CLEANUP(vault_people_end) struct vault_people people = { 0 };
	struct utc_s now = clock_s(&clock_wall);
	struct grant g = { .kind = GRANT_TRACE,
			   .agency = GRANT_CDC,
			   .id = 1,
			   .account = 7,
			   .matter = STR("case/1"),
			   .purpose = STR("duty"),
			   .fields = grant_agency_fields(GRANT_CDC),
			   .issued = now,
			   .expires = { now.v + 3600 },
			   .ids = b->names,
			   .n = b->n_names };
	int64_t from = clock_ns(&clock_steady);

	check(b, grant_sign(&g, b->signer, &blob, &b->f));
	check(b, vault_resolve(b->v, buf_view(&blob), 7, b->names, b->n_names, &people, &b->f));
	tell("resolve_10000_ms", ms(from));
}

static void begin(struct bench *b, const char *dir)
{
	struct vault_start_options o = { .dir = dir, .suite = CRYPT_WORLD, .wall = clock_wall };
	char keys[512];
	struct crypt_seed seed;

	(void)snprintf(keys, sizeof keys, "%s/keys", dir);
	check(b, dir_make(dir, &b->f));
	check(b, dir_make(keys, &b->f));
	crypt_seed_new(CRYPT_WORLD, &crypt_random_system, &seed);
	check(b, crypt_signer_new(&seed, &b->signer));
	o.house = crypt_signer_public(b->signer);
	check(b, vault_start(&o, &b->process, &b->f));
	check(b, vault_connect(&(struct vault_options){ dir, 600000 }, &b->v));
	b->people = mem_take(LOT, sizeof *b->people);
	b->rows = mem_take(LOT, sizeof *b->rows);
	b->staged = mem_take(LOT, sizeof *b->staged);
	if (!b->people || !b->rows || !b->staged)
		check(b, ERR_MEMORY);
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	uint64_t known, more, pairs = 0;
	int64_t from;

	if (argc != 4) {
		(void)fprintf(stderr, "usage: bench_vault DIR KNOWN NEW\n");
		return 2;
	}
	known = strtoull(argv[2], NULL, 10);
	more = strtoull(argv[3], NULL, 10);
	begin(&b, argv[1]);
	from = clock_ns(&clock_steady);
	bring(&b, 1, 0, known, 0);
	tell("known_kept_ms", ms(from));
	b.found = 0;
	from = clock_ns(&clock_steady);
	bring(&b, 2, known, known + more, known);
	tell("new_with_check_ms", ms(from));
	tell("duplicates_found", (double)b.found);
	from = clock_ns(&clock_steady);
	check(&b, vault_likenesses(b.v, count, &pairs, &b.f));
	tell("all_against_all_ms", ms(from));
	tell("certain_pairs", (double)pairs);
	presences(&b, 3, "pseudonyms_10000_new_ms");
	presences(&b, 4, "pseudonyms_10000_known_ms");
	resolve(&b);
	from = clock_ns(&clock_steady);
	vault_end(&b.v);
	vault_stop(&b.process);
	return 0;
}
