/*
 * load_rows.c - rows of visits from files into a batch: texts apart, times checked.
 */
#include "cli/load_batch.h"

#include "base/ban.h"

enum {
	ROWS_ONE_BY_ONE = 4096, /* until the next try at a block */
	TEXT_BYTES = 1 << 20,
	ARENA_BYTES = 64 << 20
};

static const struct table_column COLUMNS[LOAD_COLUMN_N] = {
	{ "person", true }, { "place", true }, { "from", true },  { "to", true },
	{ "kind", false },  { "seat", false }, { "role", false },
};

// clang-format off
static const struct load_reason
	NO_PERSON = { "person 是空的", "person is empty" },
	NO_PLACE = { "place 是空的", "place is empty" },
	NO_FROM = { "from 是空的", "from is empty" },
	BAD_FROM = { "from 不是可读的时间", "from cannot be read as a time" },
	BAD_TO = { "to 不是可读的时间", "to cannot be read as a time" },
	REVERSED = { "to 不晚于 from", "to is not later than from" };
// clang-format on

enum err load_batch_new(const struct load *l, struct load_batch **ret)
{
	CLEANUP(load_batch_end) struct load_batch *b = mem_take(1, sizeof *b);
	enum err e;

	if (!b)
		return ERR_MEMORY;
	if ((e = csv_block_new(LOAD_BLOCK_BYTES, LOAD_BLOCK_BYTES_LEAST, &b->block)))
		return e;
	if ((e = arena_new(ARENA_BYTES, &b->arena)))
		return e;
	b->zone = l->zone;
	b->keep_raw = l->refused != NULL;
	*ret = b;
	b = NULL;
	return OK;
}

void load_batch_end(struct load_batch **pb)
{
	struct load_batch *b = *pb;

	if (!b)
		return;
	csv_block_end(&b->block);
	arena_free(b->arena);
	buf_release(&b->pair);
	vec_drop(&b->refused);
	mem_drop(b);
	*pb = NULL;
}

/* ---- one row -------------------------------------------------------------------------------- */

static const struct load_reason *read_times(struct load_batch *b, const struct str *fields)
{
	struct str from = fields[b->field[LOAD_FROM]], to = fields[b->field[LOAD_TO]];
	struct utc_s at;

	if (from.n == 0)
		return &NO_FROM;
	if (!when_read_next(&b->memo, from, b->zone, &at))
		return &BAD_FROM;
	b->from[b->n] = at.v;
	b->to[b->n] = TRACE_STILL;
	if (to.n) {
		if (!when_read_next(&b->memo, to, b->zone, &at))
			return &BAD_TO;
		b->to[b->n] = at.v;
	}
	return b->from[b->n] < b->to[b->n] ? NULL : &REVERSED;
}

/* A text of a row, where it stays: in the block it does. */
static struct str keep(struct load_batch *b, struct str s)
{
	char *copy;

	if (b->in_block)
		return s;
	copy = arena_copy(b->arena, s.p, s.n);
	if (!copy)
		b->e = ERR_MEMORY;
	return (struct str){ copy ? copy : "", copy ? s.n : 0 };
}

static void refuse(struct load_batch *b, const struct csv_record *from, struct load_reason why)
{
	struct load_refused_row x = {
		.number = from->number,
		.line = from->line,
		.raw = b->keep_raw ? keep(b, from->raw) : STR(""),
		.why = why,
	};

	if (vec_push(&b->refused, x))
		b->e = ERR_MEMORY;
}

static struct str cell(const struct load_batch *b, const struct str *fields, enum load_column c)
{
	return b->field[c] < 0 ? STR("") : fields[b->field[c]];
}

static void read_seat(struct load_batch *b, const struct str *fields)
{
	char *copy;

	buf_clear(&b->pair);
	names_pair(&b->pair, cell(b, fields, LOAD_SEAT), cell(b, fields, LOAD_ROLE));
	copy = b->pair.failed ? NULL : arena_copy(b->arena, b->pair.p, b->pair.n);
	if (!copy) {
		b->e = ERR_MEMORY;
		return;
	}
	b->seat[b->n] = (struct str){ copy, b->pair.n };
	b->seat_hash[b->n] = names_hash(b->seat[b->n]);
}

static void read_row(struct load_batch *b, const struct csv_record *from)
{
	const struct str *fields = from->fields;
	const struct load_reason *why;
	struct str person, place;

	b->n_in++;
	if (from->refusal_en) {
		refuse(b, from, (struct load_reason){ from->refusal_zh, from->refusal_en });
		return;
	}
	person = fields[b->field[LOAD_PERSON]];
	place = fields[b->field[LOAD_PLACE]];
	why = person.n == 0 ? &NO_PERSON : place.n == 0 ? &NO_PLACE : read_times(b, fields);
	if (why) {
		refuse(b, from, *why);
		return;
	}
	b->person[b->n] = keep(b, person);
	b->place[b->n] = keep(b, place);
	b->person_hash[b->n] = names_hash(b->person[b->n]);
	b->place_hash[b->n] = names_hash(b->place[b->n]);
	if (b->has_kind)
		b->more[b->n] = (struct load_row_more){
			keep(b, cell(b, fields, LOAD_KIND)),
			b->keep_raw ? keep(b, from->raw) : STR(""),
			from->number,
			from->line,
		};
	if (b->has_seat)
		read_seat(b, fields);
	b->n++;
}

/* ---- many rows ------------------------------------------------------------------------------ */

enum err load_batch_read(struct load_batch *b)
{
	struct csv_record row;

	if (b->in_block)
		while (table_block_next(b->block, b->n_header, &row))
			read_row(b, &row);
	b->in_block = false;
	return b->e;
}

/* Open the next file if none is open; *ret_more is false after the last. */
static enum err next_file(struct load_reader *r, bool *ret_more, struct fault *f)
{
	const struct cli_args *a = &r->l->c->args;

	*ret_more = r->t || r->i_file < a->n_visits;
	if (r->t || !*ret_more)
		return OK;
	return load_open(r->l, a->visits[r->i_file++], COLUMNS, LOAD_COLUMN_N, &r->t, f);
}

static enum err read_one_by_one(struct load_reader *r, struct load_batch *b)
{
	struct csv_record row;
	bool more;
	enum err e;

	while (b->n_in < ROWS_ONE_BY_ONE && arena_used(b->arena) < TEXT_BYTES && !b->e) {
		if ((e = table_next(r->t, &row, &more, &b->fault)))
			return e;
		if (!more) {
			table_end(&r->t);
			return b->e;
		}
		read_row(b, &row);
	}
	return b->e;
}

static enum err fill(struct load_reader *r, struct load_batch *b)
{
	bool more;
	enum err e;

	if ((e = next_file(r, &more, &b->fault)))
		return e;
	b->last = !more;
	if (b->last)
		return OK;
	(void)table_header(r->t, &b->n_header);
	for (size_t i = 0; i < LOAD_COLUMN_N; i++)
		b->field[i] = table_field(r->t, i);
	b->has_kind = b->field[LOAD_KIND] >= 0;
	b->has_seat = b->field[LOAD_SEAT] >= 0 || b->field[LOAD_ROLE] >= 0;
	table_progress(r->t, &b->bytes_read, &b->bytes_total);
	if ((e = table_block_fill(r->t, b->block, &b->in_block, &b->fault)))
		return e;
	return b->in_block ? OK : read_one_by_one(r, b);
}

enum err load_batch_fill(struct load_reader *r, struct load_batch *b)
{
	arena_clear(b->arena);
	b->n = b->n_in = b->refused.n = 0;
	b->in_block = false;
	b->e = OK;
	b->e = fill(r, b);
	return b->e;
}
