/* office.c - see office.h. */
#include "support/office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grid/grid.h"

struct office office;

static const struct sql set_department = {
	.name = "test.department",
	.text = "UPDATE accounts SET organisation = $2 WHERE id = $1",
	.args = "ii",
	.act = SQL_WRITE,
	.across = "a test",
};

static const struct sql departments = {
	.name = "test.departments",
	.text = "INSERT INTO organisations (county, id, area, version, state, created_at,"
		" updated_at, created_by, name, kind) VALUES"
		" (430802000000000, 11, 430802000000000, 1, 'active', 1, 1, 1, '区疾控', 'cdc'),"
		" (430802000000000, 12, 430802000000000, 1, 'active', 1, 1, 1, '区政府',"
		" 'government')",
	.args = "",
	.act = SQL_WRITE,
};

static enum err put_departments(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return tx_run(tx, &departments, SQL_NO_ARGS, NULL, f);
}

static enum err give_department(struct tx *tx, void *arg, struct fault *f)
{
	const int64_t *v = arg;

	return tx_run(tx, &set_department, SQL_ARGS(sql_i64(v[0]), sql_i64(v[1])), NULL, f);
}

static void member(struct database *d, const char *login, enum role role, int64_t department,
		   struct visitor *ret)
{
	int64_t v[2] = { desk_account(&office.k, login, role_bit(role), "430802"), department };

	if (department)
		MUST(db_write(d->db, give_department, v, &d->fault));
	desk_sign_in(&office.k, login, ret);
}

static void keep_somebody(void)
{
	struct vault_row r = { .row = 1 };
	struct vault_staged_row staged;

	vaulted_id_number(77, office.number);
	r.who = vaulted_person("覃小英", office.number, "13800001111");
	assert_int_equal(vault_stage(office.h.v, 1, &r, 1, &staged, &office.h.fault), OK);
	assert_int_equal(vault_keep(office.h.v, 1, &office.h.fault), OK);
	office.subject = staged.subject;
}

/* The vault first: it is forked before the database has threads. */
static int open_office(void **state, int (*database)(void **state))
{
	struct route_list list;
	struct database *d;

	memset(&office, 0, sizeof office);
	vaulted_open(&office.h, CRYPT_WORLD);
	keep_somebody();
	if (database(state))
		return -1;
	d = *state;
	office.wall = desk_clock(&office.k);
	MUST(zone_open("Asia/Shanghai", &office.zone, &d->fault));
	MUST(record_open(&(struct record_options){ .nouns = grid_nouns,
						   .n = grid_nouns_n,
						   .zone = office.zone,
						   .clock = &office.wall },
			 &office.book, &d->fault));
	MUST(look_open(&(struct look_options){ office.h.v, office.h.signer, office.book },
		       &office.look, &d->fault));
	list = look_routes(office.look);
	desk_open(&office.k, d, &list, 1);
	*office.h.now_s = office.k.now;
	MUST(db_write(d->db, put_departments, NULL, &d->fault));
	member(d, "asker", ROLE_INVESTIGATOR, 11, &office.asker);
	member(d, "peer", ROLE_INVESTIGATOR, 11, &office.peer);
	member(d, "second", ROLE_DUTY_OFFICER, 12, &office.second);
	member(d, "none", ROLE_DUTY_OFFICER, 0, &office.none);
	member(d, "overseer", ROLE_OVERSEER, 0, &office.overseer);
	return 0;
}

int office_on_sqlite(void **state)
{
	return open_office(state, database_on_sqlite);
}

int office_on_postgresql(void **state)
{
	return open_office(state, database_on_postgresql);
}

int office_close(void **state)
{
	desk_close(&office.k);
	look_close(&office.look);
	record_end(&office.book);
	zone_end(&office.zone);
	vaulted_close(&office.h);
	crypt_signer_end(&office.h.signer);
	return database_gone(state) || system("rm -rf house");
}
