/* duty.c - see duty.h. */
#include "grid/duty.h"

#include "grid/duty.sql.h"

#include "base/ban.h"

const struct choice duty_sectors[DUTY_SECTOR_N] = {
	[DUTY_EPIDEMIC] = { "epidemic", "疫情防控", "Epidemic control" },
	[DUTY_MINE] = { "mine", "矿山", "Mines" },
	[DUTY_CHEMICAL] = { "chemical", "危险化学品", "Hazardous chemicals" },
	[DUTY_FIRE] = { "fire", "消防", "Fire safety" },
	[DUTY_ROAD] = { "road", "道路交通", "Road traffic" },
	[DUTY_FLOOD] = { "flood", "防汛抗旱", "Flood and drought" },
};
const struct choice duty_parties[DUTY_PARTY_N] = {
	[DUTY_TERRITORY] = { "territory", "属地", "Territory" },
	[DUTY_DEPARTMENT] = { "department", "部门", "Department" },
	[DUTY_UNIT] = { "unit", "单位", "Unit" },
	[DUTY_INDIVIDUAL] = { "individual", "个人", "Individual" },
};
static const struct choice states[] = {
	[DUTY_ACTIVE] = { "active", "在任", "In force" },
	[DUTY_ENDED] = { "ended", "已卸任", "Ended" },
};

static const struct field fields[] = {
	{ CHOICE(struct duty, sector), "领域", "Sector", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT | FIELD_KEY,
	  .choice = duty_sectors, .n_choices = ARRAY_LEN(duty_sectors) },
	{ CHOICE(struct duty, party), "责任方", "Party", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT | FIELD_KEY,
	  .choice = duty_parties, .n_choices = ARRAY_LEN(duty_parties) },
	{ REF(struct duty, officer), "责任人", "Duty holder", SEE_OFFICIAL,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .refers = "officer" },
	{ DATE(struct duty, since), "起始日期", "Since", SEE_AREA, FIELD_LISTED | FIELD_EXPORT },
	{ TEXT(struct duty, basis), "依据", "Basis", SEE_AREA, FIELD_EXPORT, 2, 200,
	  .hint_zh = "任命文件的名称与文号",
	  .hint_en = "title and number of the paper that names them" },
};

static const struct step steps[] = {
	{ STEP(DUTY_NONE, "create", DUTY_ACTIVE, "落实", "Assign") },
	{ STEP(DUTY_ACTIVE, "end", DUTY_ENDED, "卸任", "End") },
};

/* Two in charge of one thing are nobody in charge of it. */
static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct duty *d = after;
	enum err e;

	(void)before;
	if (d->record.state != DUTY_ACTIVE)
		return OK;
	e = tx_row(tx, &duty_sql.taken,
		   SQL_ARGS(sql_i64(area_county(d->record.area).v), sql_i64(d->record.area.v),
			    sql_text(str_of(duty_sectors[d->sector].word)),
			    sql_text(str_of(duty_parties[d->party].word)), sql_i64(d->record.id.v)),
		   &r, f);
	if (e == ERR_ABSENT)
		return OK;
	if (e)
		return e;
	e = fault_set(f, ERR_CONFLICT, "此区域在这个领域已有这一方的责任人；先让前任卸任",
		      "this area has somebody of this party in this sector; end that duty first");
	fault_at(f, "party", NULL);
	return e;
}

const struct noun duty_noun = {
	.name = "duty",
	.path = "duties",
	.zh = "责任",
	.en = "Responsibility",
	.en_many = "Responsibilities",
	NOUN_OF(struct duty, fields, states, steps),
	.read = CAP_GRID_READ,
	.write = CAP_GRID_WRITE,
	.reads_up = true,
	.why = WHY_DUTY,
	.check = check,
};

/* ---- the matrix ------------------------------------------------------------------------------ */

static struct str kept(struct arena *a, struct str s, bool *ok)
{
	char *p = arena_copy(a, s.p, s.n);

	*ok = *ok && p;
	return (struct str){ p, s.n };
}

enum err duty_below(struct tx *tx, struct area_code parent, int32_t day, struct arena *a,
		    duty_holders *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &duty_sql.below, SQL_ARGS(sql_i64(parent.v), sql_i64(day)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		bool ok = true;
		struct duty_holder h = {
			.duty = { rows_i64(r, 0) },
			.officer = { rows_i64(r, 1) },
			.area = { rows_i64(r, 2) },
			.sector = (enum duty_sector)choice_find(duty_sectors, DUTY_SECTOR_N,
								rows_text(r, 3)),
			.party = (enum duty_party)choice_find(duty_parties, DUTY_PARTY_N,
							      rows_text(r, 4)),
			.name = kept(a, rows_text(r, 5), &ok),
			.post = kept(a, rows_text(r, 6), &ok),
			.phone = kept(a, rows_text(r, 7), &ok),
			.organisation = kept(a, rows_text(r, 8), &ok),
			.substitute = kept(a, rows_text(r, 9), &ok),
			.substitute_phone = kept(a, rows_text(r, 10), &ok),
		};

		e = ok ? vec_push(ret, h) : ERR_MEMORY;
	}
	return e;
}

enum err duty_gaps(struct tx *tx, struct area_code under, int64_t n_areas, int64_t *ret,
		   struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &duty_sql.held,
			    SQL_ARGS(sql_i64(under.v), sql_i64(area_end(under).v)), &r, f);

	if (!e)
		*ret = n_areas * (DUTY_SECTOR_N - 1) * (DUTY_PARTY_N - 1) - rows_i64(r, 0);
	return e;
}
