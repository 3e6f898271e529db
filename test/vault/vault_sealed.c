/*
 * vault_sealed.c - what lies on the disk: nobody's name, no tag that a list of ID numbers fits, and
 * nothing that was dropped, also in a copy made before.
 *
 * OUTPOST_ID_NUMBERS=n    ID numbers tried against a stolen database (20,000 without it)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypt/crypt.h"
#include "support/paths.h"
#include "support/vaulted.h"
#include "vault/guard.h"
#include "vault/ring.h"

static const char CANARY[] = "覃金丝雀";
static const char CANARY_PHONE[] = "13877776666";

static int open_vault(void **state)
{
	static struct vaulted h;

	memset(&h, 0, sizeof h);
	vaulted_open(&h, CRYPT_WORLD);
	*state = &h;
	return 0;
}

static int close_vault(void **state)
{
	struct vaulted *h = *state;

	vaulted_close(h);
	crypt_signer_end(&h->signer);
	return system("rm -rf house stolen*");
}

/* How often the bytes are found in files below house and in stolen copies. */
static size_t found_on_disk(const void *what, size_t n)
{
	static const char *const files[] = {
		"house/vault/outpost.sqlite",
		"house/vault/outpost.sqlite-wal",
		"house/vault/outpost.sqlite-shm",
		"house/keys/vault/ring",
		"stolen",
	};
	size_t found = 0;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		CLEANUP(file_unmap) struct file_map m = { 0 };
		const uint8_t *at;

		if (file_map_read(files[i], &m, NULL))
			continue;
		at = m.p;
		while ((at = memmem(at, m.n - (size_t)(at - m.p), what, n))) {
			found++;
			at++;
		}
	}
	return found;
}

static int64_t keep_canary(struct vaulted *h, int64_t batch)
{
	struct vault_row r = { 1, vaulted_person(CANARY, "", CANARY_PHONE) };
	struct vault_staged_row ret;

	assert_int_equal(vault_stage(h->v, batch, &r, 1, &ret, &h->fault), OK);
	assert_int_equal(vault_keep(h->v, batch, &h->fault), OK);
	return ret.subject;
}

static void no_name_lies_on_the_disk(void **state)
{
	struct vaulted *h = *state;
	struct vault_presence p = { vaulted_person(CANARY, "", CANARY_PHONE), { VAULTED_NOW } };
	int64_t id = keep_canary(h, 1), pseudonym;

	assert_int_equal(vault_pseudonym(h->v, 2, &p, 1, &pseudonym, &h->fault), OK);
	assert_int_equal(vault_copy("house", "stolen", &h->fault), OK);
	assert_true(id != pseudonym);
	assert_true(found_on_disk("SQLite format 3", 15) > 1); /* the scan sees something */
	assert_int_equal(found_on_disk(CANARY, strlen(CANARY)), 0);
	assert_int_equal(found_on_disk(CANARY_PHONE, strlen(CANARY_PHONE)), 0);
	assert_int_equal(vault_drop(h->v, 1, &h->fault), OK);
	assert_int_equal(vault_drop(h->v, 2, &h->fault), OK);
}

/* The key that opens a batch, as the ring has it. */
static bool ring_key(int64_t batch, struct crypt_key *ret)
{
	struct ring r;
	const struct crypt_key *k;

	assert_int_equal(ring_open("house/keys/vault/ring", CRYPT_WORLD, &crypt_random_system, &r,
				   NULL),
			 OK);
	k = ring_find(&r, RING_BATCH, batch);
	if (k)
		*ret = *k;
	ring_end(&r);
	return k != NULL;
}

static void a_dropped_batch_is_gone_from_every_byte_and_its_key_with_it(void **state)
{
	struct vaulted *h = *state;
	struct crypt_key key;
	int64_t id = keep_canary(h, 3);
	uint8_t number[8]; /* SQLite writes numbers with the high byte first */

	for (int i = 0; i < 8; i++)
		number[i] = (uint8_t)((uint64_t)id >> (56 - 8 * i));
	assert_true(ring_key(3, &key));
	assert_true(found_on_disk(number, sizeof number) > 0);
	assert_true(found_on_disk(key.v, sizeof key.v) > 0);
	assert_int_equal(vault_drop(h->v, 3, &h->fault), OK);
	assert_false(ring_key(3, &key));
	unlink("stolen");
	assert_int_equal(found_on_disk(number, sizeof number), 0);
	assert_int_equal(found_on_disk(key.v, sizeof key.v), 0);
}

/* What a thief would try who knows how the house is written: every hash it has, without a key. */
static void of_known_id_numbers_none_fits_a_stolen_database(void **state)
{
	struct vaulted *h = *state;
	size_t n = env_u64("OUTPOST_ID_NUMBERS", 20000), matched = 0, batch = 2000;
	CLEANUP(file_unmap) struct file_map m = { 0 };
	char(*number)[19] = mem_take(n, sizeof *number);
	struct vault_row *rows = mem_take(batch, sizeof *rows);
	struct vault_staged_row *ret = mem_take(batch, sizeof *ret);

	assert_true(number && rows && ret);
	for (size_t i = 0; i < n; i++)
		vaulted_id_number(i * 37, number[i]);
	for (size_t i = 0; i < batch; i++)
		rows[i] = (struct vault_row){ (int64_t)i, vaulted_person("甲", number[i], "") };
	assert_int_equal(vault_stage(h->v, 4, rows, batch, ret, &h->fault), OK);
	assert_int_equal(vault_keep(h->v, 4, &h->fault), OK);
	unlink("stolen");
	assert_int_equal(vault_copy("house", "stolen", &h->fault), OK);
	assert_int_equal(file_map_read("stolen", &m, NULL), OK);
	for (size_t i = 0; i < n; i++) {
		struct crypt_hash plain;
		char text[32];
		int k = snprintf(text, sizeof text, "i%s", number[i]);

		assert_int_equal(crypt_hash(CRYPT_WORLD, text, (size_t)k, &plain), OK);
		matched += i < 2000 && memmem(m.p, m.n, number[i], 18) != NULL;
		matched += i < 2000 && memmem(m.p, m.n, plain.v + 1, 8) != NULL;
	}
	assert_int_equal(matched, 0);
	mem_drop(number);
	mem_drop(rows);
	mem_drop(ret);
}

/* ---- the change of an epoch ---- */

struct changed {
	int64_t old, now;
	size_t n;
};

static enum err note(int64_t old, int64_t now, void *arg, struct fault *f)
{
	struct changed *c = arg;

	(void)f;
	c->old = old;
	c->now = now;
	c->n++;
	return OK;
}

static void an_epoch_that_is_over_leaves_the_same_people_under_new_numbers(void **state)
{
	struct vaulted *h = *state;
	CLEANUP(buf_release) struct buf blob = { 0 };
	CLEANUP(vault_people_end) struct vault_people people = { 0 };
	struct vault_presence p = { vaulted_person(CANARY, "", CANARY_PHONE), { VAULTED_NOW } };
	struct changed first = { 0 }, again = { 0 };
	int64_t old, now, was = *h->now_s;
	struct vault_state st;
	struct grant g;

	assert_int_equal(vault_pseudonym(h->v, 7, &p, 1, &old, &h->fault), OK);
	*h->now_s += VAULT_EPOCH_DAYS * 86400;
	assert_int_equal(vault_epoch_change(h->v, note, &first, &h->fault), ERR_BUSY);
	assert_int_equal(vault_keep(h->v, 7, &h->fault), OK);
	assert_int_equal(vault_look(h->v, &st, &h->fault), OK);
	assert_true(st.epoch_due);
	first = (struct changed){ 0 };
	assert_int_equal(vault_epoch_change(h->v, note, &first, &h->fault), OK);
	assert_int_equal(vault_epoch_change(h->v, note, &again, &h->fault), OK);
	assert_int_equal(first.n, 1);
	assert_int_equal(first.old, old);
	assert_true(first.now != old);
	assert_memory_equal(&first, &again, sizeof first); /* a trail that fell asks again */
	/* in between, what comes in is of the new epoch, whenever it was */
	assert_int_equal(vault_pseudonym(h->v, 8, &p, 1, &now, &h->fault), OK);
	assert_int_equal(now, first.now);
	assert_int_equal(vault_keep(h->v, 8, &h->fault), OK);
	assert_int_equal(vault_epoch_close(h->v, &h->fault), OK);
	assert_int_equal(vault_epoch_close(h->v, &h->fault), OK);
	assert_int_equal(vault_look(h->v, &st, &h->fault), OK);
	assert_false(st.epoch_due);

	g = vaulted_grant(h, GRANT_TRACE, (int64_t[]){ old, now }, 2);
	assert_int_equal(vault_resolve(h->v, vaulted_sign(h, &g, &blob), 7, (int64_t[]){ old, now },
				       2, &people, &h->fault),
			 OK);
	assert_false(people.v[0].known);
	assert_true(people.v[1].known);
	assert_true(str_eq(people.v[1].who.text[VAULT_NAME], str_of(CANARY)));
	/* batch 7 still counts it, under its new number */
	assert_int_equal(vault_drop(h->v, 8, &h->fault), OK);
	vault_people_end(&people);
	assert_int_equal(vault_resolve(h->v, buf_view(&blob), 7, &now, 1, &people, &h->fault), OK);
	assert_true(people.v[0].known);
	assert_int_equal(vault_expire(h->v, (struct utc_s){ *h->now_s }, &h->fault), OK);
	vault_people_end(&people);
	assert_int_equal(vault_resolve(h->v, buf_view(&blob), 7, &now, 1, &people, &h->fault), OK);
	assert_false(people.v[0].known);
	*h->now_s = was;
}

/* ---- what the process may ---- */

static void try_open_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void try_trace(void)
{
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void try_program(void)
{
	char *const argv[] = { NULL };

	(void)execv("/nowhere", argv);
}

static void try_fork(void)
{
	(void)fork();
}

static void try_nothing(void)
{
}

/* How a process ends that does this behind the guard. */
static int ends_by(void (*what)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct fault f = { 0 };

		if (guard_early(&f) || guard_late(&f))
			_exit(9);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void behind_the_guard_a_program_a_process_and_a_socket_are_the_end(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* the guard stays open for the sanitizer */
#endif
	assert_int_equal(ends_by(try_nothing), 0);
	assert_int_equal(ends_by(try_program), SIGSYS);
	assert_int_equal(ends_by(try_fork), SIGSYS);
	assert_int_equal(ends_by(try_open_socket), SIGSYS);
	assert_int_equal(ends_by(try_trace), SIGSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_name_lies_on_the_disk),
		cmocka_unit_test(a_dropped_batch_is_gone_from_every_byte_and_its_key_with_it),
		cmocka_unit_test(of_known_id_numbers_none_fits_a_stolen_database),
		cmocka_unit_test(behind_the_guard_a_program_a_process_and_a_socket_are_the_end),
		cmocka_unit_test(an_epoch_that_is_over_leaves_the_same_people_under_new_numbers),
	};

	return cmocka_run_group_tests(tests, open_vault, close_vault);
}
