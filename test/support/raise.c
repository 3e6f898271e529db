/* raise.c - see raise.h. */
#include "raise.h"

const struct db_step raise_steps[RAISE_STEPS] = {
	{ 1, "step",
	  "-- spread: everywhere\n"
	  "CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY, word TEXT NOT NULL,"
	  " digest TEXT NOT NULL, done_s BIGINT NOT NULL);" },
	{ 2, "signal",
	  "-- spread: county\n"
	  "CREATE TABLE signal (county BIGINT NOT NULL, id BIGINT NOT NULL, words TEXT NOT NULL,"
	  " PRIMARY KEY (county, id));\n"
	  "-- spread: county\n"
	  "CREATE TABLE task (county BIGINT NOT NULL, id BIGINT NOT NULL,"
	  " PRIMARY KEY (county, id),"
	  " FOREIGN KEY (county, id) REFERENCES signal (county, id));\n"
	  "-- spread: county\n"
	  "CREATE TABLE head (county BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL);\n"
	  "INSERT INTO head (county, n) VALUES (1, 0)" },
};

#define IN_COUNTY " WHERE county = 1"

static const struct sql next_id = { .name = "head.next",
				    .text = "UPDATE head SET n = n + 1" IN_COUNTY " RETURNING n",
				    .args = "",
				    .act = SQL_WRITE };
static const struct sql put_signal = {
	.name = "signal.put",
	.text = "INSERT INTO signal (county, id, words) VALUES (1, $1, $2)",
	.args = "it",
	.act = SQL_WRITE
};
static const struct sql put_task = { .name = "task.put",
				     .text = "INSERT INTO task (county, id) VALUES (1, $1)",
				     .args = "i",
				     .act = SQL_WRITE };
static const struct sql figures = { .name = "figures",
				    .text = "SELECT (SELECT n FROM head" IN_COUNTY "),"
					    " (SELECT count(*) FROM signal" IN_COUNTY "),"
					    " (SELECT count(*) FROM task" IN_COUNTY "),"
					    " (SELECT coalesce(max(id), 0) FROM task" IN_COUNTY ")",
				    .args = "" };

/* A signal, its task and the head of the county, as one. */
enum err raise_act(struct tx *tx, void *arg, struct fault *f)
{
	static const char words[] = "边坡出现裂缝，长约三米，雨后加宽，请立即到现场查看并设警戒线";
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t *id = arg;
	enum err e = tx_row(tx, &next_id, SQL_NO_ARGS, &r, f);

	if (e)
		return e;
	*id = rows_i64(r, 0);
	if ((e = tx_run(tx, &put_signal, SQL_ARGS(sql_i64(*id), sql_text(STR(words))), NULL, f)))
		return e;
	return tx_run(tx, &put_task, SQL_ARGS(sql_i64(*id)), NULL, f);
}

enum err raise_figures_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct raise_figures *n = arg;
	enum err e = tx_row(tx, &figures, SQL_NO_ARGS, &r, f);

	if (e == OK)
		*n = (struct raise_figures){ rows_i64(r, 0), rows_i64(r, 1), rows_i64(r, 2),
					     rows_i64(r, 3) };
	return e;
}

bool raise_whole(const struct raise_figures *n)
{
	return n->head == n->signals && n->head == n->tasks && n->head == n->last;
}
