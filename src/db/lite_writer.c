/*
 * lite_writer.c - the one thread that writes to SQLite. It takes all acts that are waiting, runs
 * each in a savepoint of one transaction, and makes them durable by one commit.
 *
 * Nobody is told anything before the commit: an act that failed may have failed on what a
 * companion did, and that must not be undone afterwards. If a group cannot be kept together (no
 * memory or no room made SQLite undo all of it), each of its acts is run again alone.
 *
 * To wake a thread takes as long as to run a small act. So the writer wakes one of a group, and who
 * is told wakes two more before it goes: the writer is at the next group by then. Nobody of them
 * takes a lock for it.
 */
#include <semaphore.h>

#include "db/inside.h"

#include "base/ban.h"

enum { GROUP_MAX = 256, TELLS = 2 };

struct job {
	db_act *act; /* NULL: cut the log */
	void *arg;
	struct fault *f;
	enum err e;
	sem_t told;
	struct job *next;
	struct job *tells[TELLS]; /* whom it wakes when it is told */
};

struct lite_writer {
	struct db *db;
	struct conn *c;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first, **last;
	uint64_t waiting;
	bool stop;
	bool dead; /* an error after which nothing may be written */
};

static enum err refuse(struct fault *f)
{
	return fault_set(f, ERR_IO, "磁盘曾写入失败，数据库已停止写入；请检查磁盘后重新启动",
			 "the disk failed before, and the database is closed for writing; "
			 "look at the disk, then start again");
}

/* The outcome of a run is not what the caller sees until it stands. */
static void forget_fault(struct job *j)
{
	if (j->f)
		*j->f = (struct fault){ 0 };
}

static void run_alone(struct lite_writer *w, struct job *j)
{
	struct conn *c = w->c;
	struct tx tx;
	bool again;

	forget_fault(j);
	if (w->dead) {
		j->e = refuse(j->f);
		return;
	}
	if (!j->act) {
		j->e = lite_cut(c, j->f);
		w->dead = lite_final(c);
		return;
	}
	j->e = c->ops->begin(c, j->f);
	if (j->e == OK)
		j->e = tx_act(&tx, c, j->act, j->arg, j->f);
	if (j->e == OK)
		j->e = c->ops->commit(c, &again, j->f);
	if (j->e == OK)
		db_count(w->db, &(struct db_counts){ .commits = 1, .acts = 1 });
	else
		c->ops->rollback(c);
	w->dead = w->dead || lite_final(c);
}

/* Run one act of a group. False if what the group did cannot be kept any more. */
static bool run_beside(struct lite_writer *w, struct job *j)
{
	struct conn *c = w->c;
	struct tx tx;

	forget_fault(j);
	if (lite_savepoint(c, NULL))
		return false;
	j->e = tx_act(&tx, c, j->act, j->arg, j->f);
	if (!lite_in_transaction(c) || lite_final(c))
		return false;
	return (j->e ? lite_undo(c) : lite_keep(c, NULL)) == OK;
}

/* One transaction for all of them. False if it is undone and each must be run alone. */
static bool run_together(struct lite_writer *w, struct job *first)
{
	struct conn *c = w->c;
	uint64_t kept = 0;
	bool again;
	enum err e;

	forget_fault(first);
	if ((e = c->ops->begin(c, first->f))) { /* trying again would only wait as long again */
		for (struct job *j = first; j; j = j->next) {
			j->e = e;
			if (j->f && first->f)
				*j->f = *first->f;
		}
		return true;
	}
	for (struct job *j = first; j; j = j->next) {
		if (!run_beside(w, j)) {
			c->ops->rollback(c);
			return false;
		}
		kept += j->e == OK;
	}
	if (kept == 0) {
		c->ops->rollback(c);
		return true;
	}
	if (c->ops->commit(c, &again, NULL)) {
		c->ops->rollback(c);
		return false;
	}
	db_count(w->db, &(struct db_counts){ .commits = 1, .acts = kept });
	return true;
}

/* A log is cut between transactions. */
static bool all_acts(const struct job *j)
{
	while (j && j->act)
		j = j->next;
	return !j;
}

static void run_group(struct lite_writer *w, struct job *first)
{
	if (!w->dead && first->next && all_acts(first)) {
		bool told = run_together(w, first);

		w->dead = lite_final(w->c);
		if (told)
			return;
	}
	for (struct job *j = first; j; j = j->next)
		run_alone(w, j);
}

/* Up to GROUP_MAX jobs of the queue, which is not empty. */
static struct job *take_group(struct lite_writer *w)
{
	struct job *first = w->first;
	struct job *end = first;

	w->waiting--;
	for (int n = 1; n < GROUP_MAX && end->next; n++) {
		end = end->next;
		w->waiting--;
	}
	w->first = end->next;
	end->next = NULL;
	if (!w->first)
		w->last = &w->first;
	return first;
}

/* A job is its caller's, and gone once it is told: so who tells whom is settled before. */
static void tell(struct job *first)
{
	struct job *by = first;
	size_t n = 0;

	for (struct job *j = first->next; j; j = j->next) {
		by->tells[n++] = j;
		if (n == TELLS) {
			by = by->next;
			n = 0;
		}
	}
	(void)sem_post(&first->told);
}

static void *writer(void *arg)
{
	struct lite_writer *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct job *group;

		while (!w->first && !w->stop)
			pthread_cond_wait(&w->wake, &w->lock);
		if (!w->first)
			break;
		group = take_group(w);
		pthread_mutex_unlock(&w->lock);
		run_group(w, group);
		tell(group);
		if (!w->dead && lite_checkpoint(w->c, NULL))
			w->dead = lite_final(w->c);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

enum err lite_writer_act(struct lite_writer *w, db_act *act, void *arg, struct fault *f)
{
	struct job j = { .act = act, .arg = arg, .f = f };

	if (sem_init(&j.told, 0, 0))
		return ERR_MEMORY;
	pthread_mutex_lock(&w->lock);
	*w->last = &j;
	w->last = &j.next;
	w->waiting++;
	pthread_mutex_unlock(&w->lock);
	pthread_cond_signal(&w->wake);
	while (sem_wait(&j.told)) /* a signal came */
		;
	for (size_t i = 0; i < TELLS && j.tells[i]; i++)
		(void)sem_post(&j.tells[i]->told);
	sem_destroy(&j.told);
	return j.e;
}

uint64_t lite_writer_waiting(struct lite_writer *w)
{
	uint64_t waiting;

	pthread_mutex_lock(&w->lock);
	waiting = w->waiting;
	pthread_mutex_unlock(&w->lock);
	return waiting;
}

enum err lite_writer_start(struct db *db, struct lite_writer **ret, struct fault *f)
{
	struct lite_writer *w = mem_take(1, sizeof(*w));
	enum err e = w ? lite_open(db, true, &w->c, f) : ERR_MEMORY;

	if (e) {
		mem_drop(w);
		return e;
	}
	w->db = db;
	w->last = &w->first;
	if (pthread_mutex_init(&w->lock, NULL) == 0) {
		if (pthread_cond_init(&w->wake, NULL) == 0) {
			if (pthread_create(&w->thread, NULL, writer, w) == 0) {
				*ret = w;
				return OK;
			}
			pthread_cond_destroy(&w->wake);
		}
		pthread_mutex_destroy(&w->lock);
	}
	w->c->ops->close(w->c);
	mem_drop(w);
	return ERR_MEMORY;
}

void lite_writer_stop(struct lite_writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	if (w->dead)
		lite_abandon(w->c);
	w->c->ops->close(w->c);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	mem_drop(w);
}
