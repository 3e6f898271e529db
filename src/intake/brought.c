/* brought.c - see brought.h. */
#include "intake/brought.h"

#include <string.h>

#include "base/memory.h"
#include "record/row.h"
#include "record/value.h"

#include "base/ban.h"

const struct choice brought_states[BROUGHT_STATE_N] = {
	[BROUGHT_RECEIVED] = { "received", "已接收", "Received" },
	[BROUGHT_DUPLICATE] = { "duplicate", "重复", "Duplicate" },
};

static bool nobody(const void *row, const struct who *who, struct utc_s now)
{
	(void)row;
	(void)who;
	(void)now;
	return false;
}

const struct step brought_steps[2] = {
	{ STEP(BROUGHT_NONE, "receive", BROUGHT_RECEIVED, "接收", "Receive") },
	{ STEP(BROUGHT_RECEIVED, "repeat", BROUGHT_DUPLICATE, "记为重复", "Repeat"), CAP_NONE,
	  nobody, "是否重复由系统在接收时判定",
	  "whether it repeats another is found when it comes in" },
};

static void put(const struct field *x, const void *row, struct json *j)
{
	struct sql_value v = value_to_sql(x, row);

	if (v.type == SQL_TEXT)
		json_str(j, v.s);
	else if (v.type == SQL_I64)
		json_i64(j, v.i);
	else
		json_nil(j);
}

/* As long as the text can be: a block that grows leaves behind what it held. */
static enum err room_for(const struct noun *n, const void *row, struct buf *ret)
{
	enum { HEAD = 200, OTHER = 32, ESCAPED = 6 };
	size_t room = HEAD;

	for (size_t i = 0; i < n->n_fields; i++) {
		struct sql_value v = value_to_sql(&n->field[i], row);

		room += OTHER + (v.type == SQL_TEXT ? ESCAPED * v.s.n : 0);
	}
	ret->p = mem_take(room, 1);
	ret->cap = ret->p ? room : 0;
	return ret->p ? OK : ERR_MEMORY;
}

enum err brought_digest(const struct noun *n, const void *row, const struct crypt_key *key,
			int64_t *ret)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct crypt_mac mac;
	struct json j;
	uint64_t v;
	enum err e = room_for(n, row, &b);

	if (e)
		return e;
	json_begin(&j, &b);
	json_open(&j, '[');
	json_str(&j, str_of(n->name));
	json_i64(&j, row_head_const(row)->area.v);
	for (size_t i = 0; i < n->n_fields; i++)
		if (!(n->field[i].flags & FIELD_SERVER))
			put(&n->field[i], row, &j);
	json_close(&j, ']');
	e = b.failed ? b.failed : crypt_mac(key, b.p, b.n, &mac);
	crypt_wipe(b.p, b.cap);
	if (e)
		return e;
	memcpy(&v, mac.v + 1, sizeof v);
	v &= INT64_MAX;
	*ret = v ? (int64_t)v : 1;
	return OK;
}
