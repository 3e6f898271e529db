/* sound_clear.c - I11: what the vault knows of people is found wherever else it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "serve/sound.h"
#include "support/clinic.h"
#include "support/vaulted.h"

/* Planted where a careless handler might put it. */
static const struct sql plant_sql = {
	.name = "test.plant",
	.text = "UPDATE cases SET number = $1",
	.args = "t",
	.act = SQL_WRITE,
	.across = "a test",
};

struct planting {
	struct str text;
};

static enum err plant_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct planting *p = arg;

	return tx_run(tx, &plant_sql, SQL_ARGS(sql_text(p->text)), NULL, f);
}

static struct sound_clear look(struct clinic *t)
{
	struct database *d = t->d;
	struct sound_clear r;

	MUST(sound_clear_look(t->h, &r, &d->fault));
	return r;
}

static struct sound_clear planted(struct clinic *t, const char *text)
{
	struct planting p = { str_of(text) };
	struct database *d = t->d;

	MUST(db_write(t->h->db, plant_act, &p, &d->fault));
	return look(t);
}

static bool looked_at(const struct sound_clear *r, const char *where)
{
	for (uint64_t i = 0; i < r->found + r->names && i < SOUND_CLEAR_TOLD; i++)
		if (strcmp(r->where[i], where) == 0)
			return true;
	return false;
}

static bool seen(struct clinic *t, const char *text)
{
	struct sound_clear r = planted(t, text);

	return looked_at(&r, "cases.number");
}

static void put_file(struct clinic *t, const char *name, const char *text)
{
	CLEANUP(file_end) struct file *fl = NULL;
	struct database *d = t->d;
	char path[PATH_MAX];

	house_path(t->h->dir, name, path);
	MUST(file_open(path, FILE_REPLACE, &fl, &d->fault));
	MUST(file_write(fl, text, strlen(text), &d->fault));
	MUST(file_close(&fl, &d->fault));
}

static void what_the_vault_knows_is_found_wherever_else_it_stands(void **state)
{
	char id[24], number[19], who[300], text[200];
	struct sound_clear r;
	struct clinic t;

	clinic_begin(&t, *state, "clear");
	vaulted_id_number(9, number);
	(void)snprintf(who, sizeof who,
		       "{\"name\":\"金丝雀\",\"id_number\":\"%s\",\"phone\":\"13877776666\","
		       "\"address\":\"永定街道教场社区合成里三号\"}",
		       number);
	clinic_report_of(&t, id, "1", 0, who);
	r = look(&t);
	if (r.found || r.names)
		fail_msg("%s", r.where[0]); /* a house at work has none */
	assert_true(r.values >= 4 && r.texts > 10 && r.bytes > 1000);

	r = planted(&t, "患者金丝雀住院"); /* amid a sentence */
	assert_true(r.names == 1 && r.found == 0);
	assert_string_equal(r.where[0], "cases.number");
	(void)snprintf(text, sizeof text, "证件 %s。", number);
	assert_true(seen(&t, text));
	r = look(&t);
	assert_true(r.found >= 1 && r.names == 0);
	assert_true(seen(&t, "call +86 138-7777-6666"));
	assert_true(seen(&t, "永定街道教场社区合成里三号"));
	assert_false(seen(&t, "13877776665 金丝 雀"));
	assert_false(seen(&t, "1"));

	/* In a file, across two pieces of reading. */
	CLEANUP(buf_release) struct buf b = { 0 };
	while (b.n < (1 << 16) - 5)
		buf_char(&b, '.');
	buf_fmt(&b, "13877776666\n");
	buf_char(&b, 0);
	assert_int_equal(b.failed, OK);
	put_file(&t, "scratch/left-over.csv", b.p);
	r = look(&t);
	assert_true(looked_at(&r, "left-over.csv"));
	clinic_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_the_vault_knows_is_found_wherever_else_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
