/* vault.c - the vault through its socket: what is staged, kept, dropped, told, and to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support/vaulted.h"

#define MUST(act) \
	do { \
		enum err must_e = (act); \
		if (must_e) \
			fail_msg("%s: %s: %s", #act, err_word(must_e), h->fault.en); \
	} while (0)
#define MUST_FAIL(act, error) \
	do { \
		enum err must_e = (act); \
		if (must_e != (error)) \
			fail_msg("%s: %s, not %s: %s", #act, err_word(must_e), err_word(error), \
				 h->fault.en); \
		assert_true(h->fault.zh[0] && h->fault.en[0]); \
		h->fault = (struct fault){ 0 }; \
	} while (0)

static int open_world(void **state)
{
	static struct vaulted h;

	vaulted_open(&h, CRYPT_WORLD);
	*state = &h;
	return 0;
}

static int open_sm(void **state)
{
	static struct vaulted h;

	vaulted_open(&h, CRYPT_SM);
	*state = &h;
	return 0;
}

static int forget(void **state)
{
	struct vaulted *h = *state;

	vaulted_close(h);
	crypt_signer_end(&h->signer);
	memset(h, 0, sizeof *h);
	return system("rm -rf house");
}

static int64_t stage_one(struct vaulted *h, int64_t batch, int64_t row, struct vault_identity who,
			 struct vault_staged_row *ret)
{
	const struct vault_row r = { row, who };

	MUST(vault_stage(h->v, batch, &r, 1, ret, &h->fault));
	return ret->subject;
}

static void assert_alike(const struct vault_staged_row *a, const struct vault_staged_row *b)
{
	assert_int_equal(a->subject, b->subject);
	assert_int_equal(a->other, b->other);
	assert_int_equal(a->match.verdict, b->match.verdict);
	assert_int_equal(a->match.score, b->match.score);
	assert_int_equal(a->match.reason, b->match.reason);
}

static bool is(const struct vault_people *p, size_t i, enum vault_field f, const char *text)
{
	return str_eq(p->v[i].who.text[f], str_of(text));
}

static void a_name_that_was_kept_is_told_to_whom_a_grant_is_addressed(void **state)
{
	CLEANUP(buf_release) struct buf blob = { 0 };
	CLEANUP(vault_people_end) struct vault_people people = { 0 };
	struct vaulted *h = *state;
	struct vault_staged_row r;
	int64_t id = stage_one(h, 1, 1, vaulted_person("覃小英", "", "13800001111"), &r);
	struct grant g = vaulted_grant(h, GRANT_TRACE, &id, 1);
	struct str grant = vaulted_sign(h, &g, &blob);

	MUST(vault_resolve(h->v, grant, 7, &id, 1, &people, &h->fault));
	assert_false(people.v[0].known); /* staged is not there yet */
	vault_people_end(&people);
	MUST(vault_keep(h->v, 1, &h->fault));
	MUST(vault_resolve(h->v, grant, 7, &id, 1, &people, &h->fault));
	assert_true(people.v[0].known);
	assert_true(is(&people, 0, VAULT_NAME, "覃小英"));
	assert_true(is(&people, 0, VAULT_PHONE, "13800001111"));
	assert_true(is(&people, 0, VAULT_ADDRESS, ""));
}

static void a_batch_that_is_dropped_leaves_nobody_and_comes_again_the_same(void **state)
{
	CLEANUP(buf_release) struct buf blob = { 0 };
	CLEANUP(vault_people_end) struct vault_people people = { 0 };
	struct vaulted *h = *state;
	struct vault_staged_row r;
	int64_t id = stage_one(h, 2, 9, vaulted_person("向志强", "", "13900002222"), &r);
	struct grant g = vaulted_grant(h, GRANT_TRACE, &id, 1);

	MUST(vault_keep(h->v, 2, &h->fault));
	MUST(vault_drop(h->v, 2, &h->fault));
	MUST(vault_drop(h->v, 2, &h->fault));
	MUST_FAIL(vault_keep(h->v, 2, &h->fault), ERR_ABSENT);
	MUST(vault_resolve(h->v, vaulted_sign(h, &g, &blob), 7, &id, 1, &people, &h->fault));
	assert_false(people.v[0].known);
	assert_int_equal(stage_one(h, 2, 9, vaulted_person("向志强", "", "13900002222"), &r), id);
	assert_int_equal(r.match.verdict, ALIKE_NEW);
	MUST(vault_drop(h->v, 2, &h->fault));
}

static void the_same_id_number_is_found_again_and_staging_twice_says_the_same(void **state)
{
	struct vaulted *h = *state;
	struct vault_staged_row first, second, again;
	char number[19];

	vaulted_id_number(17, number);
	stage_one(h, 3, 1, vaulted_person("田春花", number, ""), &first);
	MUST(vault_keep(h->v, 3, &h->fault));
	stage_one(h, 4, 1, vaulted_person("田春花", number, ""), &second);
	assert_int_equal(second.match.verdict, ALIKE_SAME);
	assert_int_equal(second.match.reason, ALIKE_BY_ID_NUMBER);
	assert_int_equal(second.other, first.subject);
	stage_one(h, 4, 2, vaulted_person("田春花", number, ""), &again);
	assert_int_equal(again.match.verdict, ALIKE_SAME);
	stage_one(h, 4, 1, vaulted_person("田春花", number, ""), &again);
	assert_alike(&again, &second);
	MUST_FAIL(vault_stage(h->v, 3, &(struct vault_row){ 5, vaulted_person("甲", "", "") }, 1,
			      &again, &h->fault),
		  ERR_EXISTS);
	MUST(vault_drop(h->v, 4, &h->fault));
}

static void a_dry_run_says_what_staging_would_and_keeps_nothing(void **state)
{
	struct vaulted *h = *state;
	struct vault_row r = { 3, vaulted_person("田春花", "", "13700003333") };
	struct vault_staged_row tried, staged;
	struct vault_state before, after;

	MUST(vault_look(h->v, &before, &h->fault));
	MUST(vault_try(h->v, 5, &r, 1, &tried, &h->fault));
	MUST(vault_look(h->v, &after, &h->fault));
	assert_int_equal(before.subjects, after.subjects);
	assert_int_equal(before.batches_staged, after.batches_staged);
	MUST(vault_stage(h->v, 5, &r, 1, &staged, &h->fault));
	assert_alike(&tried, &staged);
	MUST(vault_drop(h->v, 5, &h->fault));
}

enum { PUSH = 4500, IN_A_FRAME = 4000 };

static void a_dry_run_sees_who_is_twice_in_a_frame_and_staging_in_a_push(void **state)
{
	static struct vault_staged_row tried[PUSH], staged[PUSH];
	static struct vault_row rows[PUSH];
	static char phone[PUSH][12];
	struct vaulted *h = *state;
	const size_t again = IN_A_FRAME - 1, behind = PUSH - 1;

	for (size_t i = 0; i < PUSH; i++) {
		size_t of = i == again || i == behind ? 0 : i;

		(void)snprintf(phone[i], sizeof phone[i], "138%08zu", of);
		rows[i] = (struct vault_row){ (int64_t)i, vaulted_person("田春花", "", phone[i]) };
	}
	MUST(vault_try(h->v, 5, rows, PUSH, tried, &h->fault));
	MUST(vault_stage(h->v, 5, rows, PUSH, staged, &h->fault));
	for (size_t i = 0; i < behind; i++)
		assert_alike(&tried[i], &staged[i]);
	assert_int_equal(tried[again].match.verdict, ALIKE_MAYBE);
	assert_int_equal(tried[again].other, tried[0].subject);
	assert_int_equal(tried[behind].subject, staged[behind].subject);
	assert_int_equal(tried[behind].match.verdict, ALIKE_NEW);
	assert_int_equal(staged[behind].match.verdict, ALIKE_MAYBE);
	MUST(vault_drop(h->v, 5, &h->fault));
}

enum { FRAME = 200, NAMES = 7, PHONES = 9, KNOWN_BY = 40 };

/* People among whom many share a name, a phone or a number. */
static void crowded_rows(struct vault_row *ret, char number[FRAME][19], char phone[FRAME][12])
{
	static const char *const names[NAMES] = { "覃小英", "谭小英", "向志强", "田春花",
						  "田春华", "王小明", "李秀英" };

	for (size_t i = 0; i < FRAME; i++) {
		vaulted_id_number(500 + i % KNOWN_BY, number[i]);
		(void)snprintf(phone[i], sizeof phone[i], "1380000%04zu", i % PHONES);
		ret[i] = (struct vault_row){ .row = (int64_t)i + 1,
					     .who = vaulted_person(names[i * i % NAMES],
								   i % 3 ? number[i] : "",
								   i % 4 ? phone[i] : "") };
	}
}

static void rows_of_one_frame_are_told_what_each_alone_would_be(void **state)
{
	static struct vault_staged_row frame[FRAME], alone[FRAME];
	static char number[FRAME][19], phone[FRAME][12];
	static struct vault_row rows[FRAME];
	struct vaulted *h = *state;
	size_t verdict[ALIKE_SAME + 1] = { 0 };

	crowded_rows(rows, number, phone);
	MUST(vault_stage(h->v, 6, rows, FRAME, frame, &h->fault));
	MUST(vault_drop(h->v, 6, &h->fault));
	for (size_t i = 0; i < FRAME; i++) {
		MUST(vault_stage(h->v, 6, &rows[i], 1, &alone[i], &h->fault));
		assert_alike(&frame[i], &alone[i]);
		verdict[alone[i].match.verdict]++;
	}
	assert_true(verdict[ALIKE_NEW] > 5 && verdict[ALIKE_MAYBE] > 5 && verdict[ALIKE_SAME] > 5);
	MUST(vault_drop(h->v, 6, &h->fault));
}

/* Who of a frame was told to be like whom, and how sure. */
struct told {
	const struct vault_staged_row *frame;
	int score[FRAME][FRAME]; /* by the earlier row, then the later one */
	size_t n;
};

static size_t place_in(const struct told *t, int64_t subject)
{
	size_t i = 0;

	while (i < FRAME && t->frame[i].subject != subject)
		i++;
	assert_true(i < FRAME);
	return i;
}

static enum err note(int64_t a, int64_t b, struct alike how, void *arg, struct fault *f)
{
	struct told *t = arg;
	size_t i = place_in(t, a), k = place_in(t, b);
	int *score = i < k ? &t->score[i][k] : &t->score[k][i];

	(void)f;
	assert_true(a < b && how.verdict != ALIKE_NEW);
	assert_int_equal(*score, 0);
	*score = how.score;
	t->n++;
	return OK;
}

static bool share_a_key(const struct alike_form *a, const struct alike_form *b)
{
	CLEANUP(buf_release) struct buf x = { 0 };
	CLEANUP(buf_release) struct buf y = { 0 };
	size_t end_x[ALIKE_KEYS_MAX], end_y[ALIKE_KEYS_MAX];
	size_t n_x = alike_keys(a, &x, end_x), n_y = alike_keys(b, &y, end_y);

	for (size_t i = 0; i < n_x; i++)
		for (size_t k = 0; k < n_y; k++) {
			size_t from_x = i ? end_x[i - 1] : 0, from_y = k ? end_y[k - 1] : 0;

			if (str_eq((struct str){ x.p + from_x, end_x[i] - from_x },
				   (struct str){ y.p + from_y, end_y[k] - from_y }))
				return true;
		}
	return false;
}

static void a_pass_over_all_tells_each_pair_that_is_alike_once(void **state)
{
	static struct vault_staged_row frame[FRAME];
	static char number[FRAME][19], phone[FRAME][12];
	static struct vault_row rows[FRAME];
	static struct alike_form form[FRAME];
	static struct told told;
	struct vaulted *h = *state;
	size_t n = 0;

	crowded_rows(rows, number, phone);
	MUST(vault_stage(h->v, 6, rows, FRAME, frame, &h->fault));
	told = (struct told){ .frame = frame };
	MUST(vault_likenesses(h->v, note, &told, &h->fault));
	assert_int_equal(told.n, 0); /* staged is not there yet */
	MUST(vault_keep(h->v, 6, &h->fault));
	MUST(vault_likenesses(h->v, note, &told, &h->fault));
	for (size_t i = 0; i < FRAME; i++)
		alike_form(&rows[i].who, &form[i]);
	for (size_t i = 0; i < FRAME; i++)
		for (size_t k = i + 1; k < FRAME; k++) {
			struct alike a = alike_compare(&form[i], &form[k]);
			bool like = a.verdict != ALIKE_NEW && share_a_key(&form[i], &form[k]);

			assert_int_equal(told.score[i][k], like ? a.score : 0);
			n += like;
		}
	assert_int_equal(told.n, n);
	assert_true(n > 60);
	MUST(vault_drop(h->v, 6, &h->fault));
}

static void of_a_row_that_comes_twice_in_a_frame_the_last_stays(void **state)
{
	struct vaulted *h = *state;
	struct vault_row rows[3] = { { 1, vaulted_person("甲乙丙", "", "13600001111") },
				     { 2, vaulted_person("丁戊己", "", "13600002222") },
				     { 1, vaulted_person("庚辛壬", "", "13600003333") } };
	struct vault_staged_row r[3], first, last;
	struct vault_state st;

	MUST(vault_stage(h->v, 7, rows, 3, r, &h->fault));
	assert_int_equal(r[0].subject, r[2].subject);
	MUST(vault_look(h->v, &st, &h->fault));
	assert_int_equal(st.subjects, 2);
	MUST(vault_keep(h->v, 7, &h->fault));
	stage_one(h, 8, 1, rows[0].who, &first);
	stage_one(h, 8, 2, rows[2].who, &last);
	assert_int_equal(first.match.verdict, ALIKE_NEW);
	assert_int_equal(last.match.verdict, ALIKE_MAYBE);
	assert_int_equal(last.other, r[0].subject);
	MUST(vault_drop(h->v, 8, &h->fault));
	MUST(vault_drop(h->v, 7, &h->fault));
}

static struct vault_presence seen(const char *name, const char *number, int64_t at)
{
	return (struct vault_presence){ vaulted_person(name, number, ""), { at } };
}

static void a_pseudonym_is_the_same_in_every_batch_of_its_epoch_and_goes_with_the_last(void **state)
{
	CLEANUP(buf_release) struct buf blob = { 0 };
	CLEANUP(vault_people_end) struct vault_people people = { 0 };
	struct vaulted *h = *state;
	char a[19], b[19];
	int64_t one[3], two[1], now = *h->now_s;
	struct grant g;

	vaulted_id_number(1, a);
	vaulted_id_number(2, b);
	MUST(vault_pseudonym(h->v, 10,
			     (struct vault_presence[]){ seen("甲", a, now), seen("乙", b, now),
							seen("甲", a, now - 60) },
			     3, one, &h->fault));
	assert_true(one[0] == one[2] && one[0] != one[1] && one[0] > 0 && one[1] > 0);
	MUST(vault_keep(h->v, 10, &h->fault));
	MUST(vault_pseudonym(h->v, 11, (struct vault_presence[]){ seen("甲", a, now) }, 1, two,
			     &h->fault));
	assert_int_equal(two[0], one[0]);
	MUST(vault_keep(h->v, 11, &h->fault));

	g = vaulted_grant(h, GRANT_TRACE, one, 2);
	vaulted_sign(h, &g, &blob);
	MUST(vault_resolve(h->v, buf_view(&blob), 7, one, 2, &people, &h->fault));
	assert_true(is(&people, 0, VAULT_NAME, "甲") && is(&people, 1, VAULT_NAME, "乙"));
	vault_people_end(&people);
	MUST(vault_drop(h->v, 10, &h->fault)); /* its name goes, who it is stays known by 11 */
	MUST(vault_resolve(h->v, buf_view(&blob), 7, one, 2, &people, &h->fault));
	assert_true(people.v[0].known && !people.v[1].known);
	assert_true(is(&people, 0, VAULT_NAME, ""));
	MUST(vault_drop(h->v, 11, &h->fault));
}

static enum err collect(int64_t batch, struct utc_s at, void *arg, struct fault *f)
{
	(void)at;
	(void)f;
	*(int64_t *)arg = *(int64_t *)arg * 100 + batch;
	return OK;
}

static void what_is_open_is_listed_also_after_it_was_begun_anew(void **state)
{
	struct vaulted *h = *state;
	struct vault_staged_row r;
	int64_t listed = 0, id;

	id = stage_one(h, 21, 1, vaulted_person("丙", "", "13600004444"), &r);
	MUST(vault_stage(h->v, 22, NULL, 0, NULL, &h->fault));
	MUST(vault_staged(h->v, collect, &listed, &h->fault));
	assert_int_equal(listed, 2122);
	vaulted_close(h);
	vaulted_open(h, CRYPT_WORLD);
	listed = 0;
	MUST(vault_staged(h->v, collect, &listed, &h->fault));
	assert_int_equal(listed, 2122);
	assert_int_equal(stage_one(h, 21, 1, vaulted_person("丙", "", "13600004444"), &r), id);
	MUST(vault_keep(h->v, 21, &h->fault));
	MUST(vault_drop(h->v, 22, &h->fault));
	MUST(vault_drop(h->v, 21, &h->fault));
}

static void what_is_to_be_kept_soon_is_kept_for_whoever_asks(void **state)
{
	struct vaulted *h = *state;
	char number[19];
	struct vault_presence p;
	int64_t listed = 0, is;

	vaulted_id_number(77, number);
	p = seen("己", number, *h->now_s);
	MUST(vault_pseudonym(h->v, 51, &p, 1, &is, &h->fault));
	MUST(vault_keep_soon(h->v, 51, &h->fault));
	MUST(vault_staged(h->v, collect, &listed, &h->fault));
	assert_int_equal(listed, 0);
	MUST(vault_pseudonym(h->v, 52, &p, 1, &is, &h->fault));
	MUST(vault_keep_soon(h->v, 52, &h->fault));
	MUST_FAIL(vault_pseudonym(h->v, 52, &p, 1, &is, &h->fault), ERR_EXISTS);
	MUST(vault_keep_soon(h->v, 52, &h->fault)); /* said again */
	vaulted_close(h);                           /* as it should: nothing is left open */
	vaulted_open(h, CRYPT_WORLD);
	MUST(vault_staged(h->v, collect, &listed, &h->fault));
	assert_int_equal(listed, 0);
	MUST(vault_keep_soon(h->v, 53, &h->fault)); /* of a batch that is not there: nothing */
	MUST(vault_look(h->v, &(struct vault_state){ 0 }, &h->fault));
	MUST_FAIL(vault_keep(h->v, 53, &h->fault), ERR_ABSENT);
}

static void without_a_vault_a_call_says_so_at_once(void **state)
{
	struct vaulted *h = *state;
	struct vault_state st;

	vault_stop(&h->process);
	MUST_FAIL(vault_look(h->v, &st, &h->fault), ERR_BUSY);
	vaulted_close(h);
	vaulted_open(h, CRYPT_WORLD);
	MUST(vault_look(h->v, &st, &h->fault));
}

static void a_restored_vault_knows_a_batch_again_once_the_core_says_so(void **state)
{
	CLEANUP(buf_release) struct buf blob = { 0 };
	CLEANUP(vault_people_end) struct vault_people people = { 0 };
	struct vaulted *h = *state;
	struct vault_staged_row r;
	struct grant g;
	int64_t id = stage_one(h, 31, 1, vaulted_person("丁", "", "13600004444"), &r), gone;

	MUST(vault_keep(h->v, 31, &h->fault));
	gone = stage_one(h, 32, 1, vaulted_person("戊", "", "13600005555"), &r);
	MUST(vault_keep(h->v, 32, &h->fault));
	MUST(vault_copy("house", "copy", &h->fault));
	MUST(vault_drop(h->v, 32, &h->fault));
	vaulted_close(h);
	assert_int_equal(system("rm house/vault/* && mv copy house/vault/outpost.sqlite"), 0);
	MUST(vault_restored("house", &h->fault));
	vaulted_open(h, CRYPT_WORLD);
	g = vaulted_grant(h, GRANT_TRACE, (int64_t[]){ id, gone }, 2);
	vaulted_sign(h, &g, &blob);
	MUST(vault_resolve(h->v, buf_view(&blob), 7, &id, 1, &people, &h->fault));
	assert_false(people.v[0].known);
	vault_people_end(&people);
	MUST(vault_keep(h->v, 31, &h->fault));
	MUST(vault_keep(h->v, 32, &h->fault)); /* as the old core would: its key is gone for good */
	MUST(vault_resolve(h->v, buf_view(&blob), 7, (int64_t[]){ id, gone }, 2, &people,
			   &h->fault));
	assert_true(people.v[0].known && !people.v[1].known);
	assert_true(is(&people, 0, VAULT_NAME, "丁") && is(&people, 1, VAULT_NAME, ""));
}

#define ON(test) \
	cmocka_unit_test_setup_teardown(test, open_world, forget), \
		cmocka_unit_test_setup_teardown(test, open_sm, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(a_name_that_was_kept_is_told_to_whom_a_grant_is_addressed),
		ON(a_batch_that_is_dropped_leaves_nobody_and_comes_again_the_same),
		ON(the_same_id_number_is_found_again_and_staging_twice_says_the_same),
		ON(a_dry_run_says_what_staging_would_and_keeps_nothing),
		ON(a_dry_run_sees_who_is_twice_in_a_frame_and_staging_in_a_push),
		ON(rows_of_one_frame_are_told_what_each_alone_would_be),
		ON(a_pass_over_all_tells_each_pair_that_is_alike_once),
		ON(of_a_row_that_comes_twice_in_a_frame_the_last_stays),
		ON(a_pseudonym_is_the_same_in_every_batch_of_its_epoch_and_goes_with_the_last),
		ON(what_is_open_is_listed_also_after_it_was_begun_anew),
		ON(a_restored_vault_knows_a_batch_again_once_the_core_says_so),
		ON(what_is_to_be_kept_soon_is_kept_for_whoever_asks),
		ON(without_a_vault_a_call_says_so_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
