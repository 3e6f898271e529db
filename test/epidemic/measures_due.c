/* measures_due.c - many measures and appeals end at once, and one of them cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "epidemic/epidemic.h"
#include "support/casework.h"
#include "support/ward.h"

#include "base/ban.h"

enum { HOUR = 3600, MANY = 450 };

static void tick(struct ward *w)
{
	struct fault f = { 0 };

	assert_int_equal(epidemic_tick(w->s->rooms.epidemic, ward_now(), &f), ERR_CORRUPT);
	assert_non_null(strstr(f.en, "1 measures or appeals"));
}

static void a_measure_that_cannot_be_read_holds_up_no_other(void **state)
{
	WARD_WITH_VAULT(w);

	casework_measure(&w, false);
	ward_run(&w, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
		     " WHERE i < 450) INSERT INTO measures (county, id, area, version, state,"
		     " created_at, updated_at, created_by, contact, kind, issuer, basis, evidence,"
		     " since, until, explanation) SELECT county, id + i, area, version, state,"
		     " created_at, updated_at, created_by, contact, kind, issuer, basis, evidence,"
		     " since, until, explanation FROM measures, n");
	ward_run(&w, "UPDATE measures SET kind = 'nonsense'"
		     " WHERE id = (SELECT min(id) FROM measures)");
	ward_sleep(HOUR + 1);
	tick(&w);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM measures WHERE state = 'ended'"),
			 MANY);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM measures WHERE state = 'in_force'"),
			 1);
}

static void an_appeal_that_cannot_be_read_holds_up_no_other(void **state)
{
	WARD_WITH_VAULT(w);

	casework_measure(&w, true);
	ward_run(&w, "INSERT INTO tasks (county, id, area, version, state, created_at, updated_at,"
		     " created_by, kind, title, about, about_id, late, packed)"
		     " SELECT county, id - 1, area, version, state, created_at, updated_at,"
		     " created_by, kind, title, about, about_id, late, packed FROM tasks"
		     " WHERE kind = 'appeal'");
	ward_sleep(HOUR + 1);
	tick(&w);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE kind = 'appeal' AND"
					 " outcome = 'cancelled'"),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_measure_that_cannot_be_read_holds_up_no_other),
		ON_BOTH(an_appeal_that_cannot_be_read_holds_up_no_other),
	};

	return cmocka_run_group_tests_name("measures_due", tests, NULL, NULL);
}
