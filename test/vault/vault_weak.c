/*
 * vault_weak.c - a vault that is slow, whose disk is full, or that is of another version; and one
 * that runs as a user of its own. Nothing hangs, nothing is lost, and what it says is a sentence.
 *
 * The disk is a small tmpfs, and the user another one: both take root, and are skipped without it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/clinic.h"
#include "support/vaulted.h"
#include "vault/wire.h"

enum { CALL_MS = 300, SMALL_ROWS = 400, NOBODY = 65534 };
/* Who is not told otherwise waits ten for a call; a machine under load is slow, too. */
enum { PATIENCE_S = 9 };

static int64_t seconds(void)
{
	return clock_s(&clock_steady).v;
}

static struct vault *way_to(const char *dir)
{
	struct vault *v = NULL;

	assert_int_equal(vault_connect(&(struct vault_options){ .dir = dir, .call_ms = CALL_MS },
				       &v),
			 OK);
	return v;
}

static int gone(void **state)
{
	struct vaulted *h = *state;

	vaulted_close(h);
	crypt_signer_end(&h->signer);
	return system("rm -rf house");
}

static int opened(void **state)
{
	static struct vaulted h;

	memset(&h, 0, sizeof h);
	vaulted_open(&h, CRYPT_WORLD);
	*state = &h;
	return 0;
}

/* ---- slow ------------------------------------------------------------------------------------ */

static void a_vault_that_does_not_answer_in_time_is_busy_and_works_again_after(void **state)
{
	struct vaulted *h = *state;
	CLEANUP(vault_end) struct vault *v = way_to("house");
	struct vault_state st;
	int64_t then;
	int pid = vaulted_pid(h);

	assert_int_equal(vault_look(v, &st, &h->fault), OK);
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	then = seconds();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(vault_look(v, &st, &h->fault), ERR_BUSY);
		assert_true(h->fault.zh[0] && h->fault.en[0]);
		h->fault = (struct fault){ 0 };
	}
	assert_true(seconds() - then <= PATIENCE_S);
	assert_int_equal(kill(pid, SIGCONT), 0);
	for (int i = 0; i < 20 && vault_look(v, &st, &h->fault) == ERR_BUSY; i++)
		h->fault = (struct fault){ 0 };
	assert_int_equal(vault_look(v, &st, &h->fault), OK);
	assert_int_equal(st.subjects, 0);
}

/* What needs no name goes on as ever while the vault sleeps. */
static void a_house_whose_vault_sleeps_works_and_says_that_names_are_sealed(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	char id[24], warrant[600];
	struct clinic t;
	int64_t then;
	int pid;

	clinic_begin(&t, d, "sleeps");
	clinic_report(&t, id, "1");
	clinic_visits(&t, clinic_person(&t, id), 1001);
	pid = vaulted_pid(NULL);
	assert_true(pid > 0);
	clinic_sign_in(&t, CLINIC_CHIEF);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	then = seconds();
	clinic_confirm(&t, CLINIC_CHIEF, id, warrant);
	assert_int_equal(clinic_trace(&t, CLINIC_CHIEF, id, warrant, "", &a), 201);
	answer_end(&a);
	assert_int_equal(clinic_status(&t, CLINIC_CHIEF, "GET", "/api/v1/cases", ""), 200);
	assert_int_equal(clinic_status(&t, CLINIC_CHIEF, "GET", "/api/v1/looks", ""), 200);
	assert_true(seconds() - then <= PATIENCE_S); /* none of them asked it */
	assert_int_equal(kill(pid, SIGCONT), 0);
	clinic_end(&t);
}

/* ---- of another version ---------------------------------------------------------------------- */

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	assert_true(strlen(path) < sizeof at.sun_path);
	memcpy(at.sun_path, path, strlen(path) + 1);
	return at;
}

/* A frame of a version that nobody has yet, to the real vault. */
static void a_caller_of_another_version_is_told_so(void **state)
{
	struct sockaddr_un at = address("house/vault/socket");
	uint8_t head[WIRE_HEAD_BYTES] = { 'O', 'V', WIRE_VERSION + 1, WIRE_LOOK }, reply[64];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct wire_in in = { reply + WIRE_HEAD_BYTES, 4, false };
	ssize_t n;

	(void)state;
	assert_true(fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0);
	assert_int_equal(send(fd, head, sizeof head, MSG_NOSIGNAL), sizeof head);
	n = recv(fd, reply, sizeof reply, 0);
	assert_true(n >= WIRE_HEAD_BYTES + 4);
	assert_int_equal(wire_u32(&in), ERR_VERSION);
	close(fd);
}

/* A vault of another version: what it answers is not taken for names. */
static void a_vault_of_another_version_is_no_vault_of_ours(void **state)
{
	struct sockaddr_un at;
	uint8_t reply[WIRE_HEAD_BYTES + 4] = { 'O', 'V', WIRE_VERSION + 1, WIRE_LOOK | WIRE_REPLY,
					       4 };
	uint8_t asked[256];
	struct vault_state st;
	struct fault f = { 0 };
	CLEANUP(vault_end) struct vault *v = NULL;
	int at_fd, fd;
	pid_t other;

	(void)state;
	assert_true(mkdir("foreign", 0700) == 0 || access("foreign", W_OK) == 0);
	assert_true(mkdir("foreign/vault", 0700) == 0 || access("foreign/vault", W_OK) == 0);
	(void)unlink("foreign/vault/socket");
	at = address("foreign/vault/socket");
	at_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(at_fd >= 0 && bind(at_fd, (const struct sockaddr *)&at, sizeof at) == 0 &&
		    listen(at_fd, 4) == 0);
	other = fork();
	if (other == 0) {
		while ((fd = accept(at_fd, NULL, NULL)) >= 0) {
			if (recv(fd, asked, sizeof asked, 0) > 0)
				(void)!send(fd, reply, sizeof reply, MSG_NOSIGNAL);
			close(fd);
		}
		_exit(0);
	}
	v = way_to("foreign");
	assert_int_equal(vault_look(v, &st, &f), ERR_VERSION);
	assert_true(f.zh[0] && f.en[0]);
	kill(other, SIGKILL);
	assert_int_equal(waitpid(other, NULL, 0), other);
	close(at_fd);
	assert_int_equal(system("rm -rf foreign"), 0);
}

/* ---- full ------------------------------------------------------------------------------------ */

static int on_a_small_disk(void **state)
{
	static struct vaulted h;

	memset(&h, 0, sizeof h);
	*state = NULL;
	if (geteuid() != 0)
		return 0;
	assert_true(mkdir("house", 0700) == 0 || access("house", W_OK) == 0);
	assert_true(mkdir("house/vault", 0700) == 0 || access("house/vault", W_OK) == 0);
	if (mount("tmpfs", "house/vault", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0700"))
		return system("rm -rf house"); /* not in this container */
	vaulted_open(&h, CRYPT_WORLD);
	*state = &h;
	return 0;
}

static int off_the_small_disk(void **state)
{
	struct vaulted *h = *state;

	if (!h)
		return 0;
	vaulted_close(h);
	crypt_signer_end(&h->signer);
	(void)umount2("house/vault", MNT_DETACH);
	return system("rm -rf house");
}

static enum err stage(struct vaulted *h, int64_t batch)
{
	static char address[VAULT_TEXT_MAX + 1];
	static struct vault_row rows[SMALL_ROWS];
	static struct vault_staged_row ret[SMALL_ROWS];
	static char number[SMALL_ROWS][19];

	memset(address, 'a', sizeof address - 1);
	for (size_t i = 0; i < SMALL_ROWS; i++) {
		vaulted_id_number((uint64_t)batch * SMALL_ROWS + i, number[i]);
		rows[i].row = (int64_t)i + 1;
		rows[i].who = vaulted_person("覃小英", number[i], "");
		rows[i].who.text[VAULT_ADDRESS] = (struct str){ address, sizeof address - 1 };
	}
	for (int again = 0; again < 10; again++) { /* a machine under load is no full disk */
		enum err e;

		h->fault = (struct fault){ 0 };
		if ((e = vault_stage(h->v, batch, rows, SMALL_ROWS, ret, &h->fault)) != ERR_BUSY)
			return e;
	}
	return ERR_BUSY;
}

static void a_vault_whose_disk_is_full_says_so_keeps_what_it_has_and_goes_on(void **state)
{
	struct vaulted *h = *state;
	struct vault_state before, after;
	int64_t batch = 1;
	enum err e;

	if (!h)
		skip();
	while ((e = stage(h, batch)) == OK) {
		assert_int_equal(vault_keep(h->v, batch, &h->fault), OK);
		assert_int_equal(vault_look(h->v, &before, &h->fault), OK);
		assert_true(++batch < 100);
	}
	assert_true(batch > 1);
	assert_int_equal(e, ERR_NO_ROOM);
	assert_true(h->fault.zh[0] && h->fault.en[0]);
	h->fault = (struct fault){ 0 };
	assert_int_equal(vault_look(h->v, &after, &h->fault), OK);
	assert_int_equal(after.subjects, before.subjects); /* none of it, and all that was there */
	assert_int_equal(mount("tmpfs", "house/vault", "tmpfs", MS_REMOUNT, "size=8m,mode=0700"),
			 0); /* somebody makes room, and nobody begins it anew */
	assert_int_equal(stage(h, batch), OK);
	assert_int_equal(vault_keep(h->v, batch, &h->fault), OK);
	assert_int_equal(vault_look(h->v, &after, &h->fault), OK);
	assert_int_equal(after.subjects, before.subjects + SMALL_ROWS);
}

/* ---- a user of its own ----------------------------------------------------------------------- */

/* The real user of a process. */
static int user_of(int pid)
{
	char path[64], line[200];
	int uid = -1;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Uid: %d", &uid) == 1)
			break;
	if (f)
		fclose(f);
	return uid;
}

static void as_root_the_vault_becomes_a_user_of_its_own_and_its_files_with_it(void **state)
{
	struct vaulted h = { 0 };
	struct crypt_seed seed;
	char own[] = "/tmp/outpost-own-XXXXXX", dir[40], command[160], path[80];
	struct vault_start_options o = { .dir = dir, .suite = CRYPT_WORLD, .uid = NOBODY };
	struct vault_staged_row staged;
	struct vault_row row = { .row = 1 };
	static const char *const files[] = { "vault", "vault/outpost.sqlite", "keys/vault/ring" };
	struct vault_state v;
	struct stat st;
	enum err e;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(own)); /* where others may walk to */
	(void)snprintf(dir, sizeof dir, "%s/house", own);
	(void)snprintf(command, sizeof command, "chmod 755 %s && mkdir -p %s/keys", own, dir);
	assert_int_equal(system(command), 0);
	crypt_seed_new(CRYPT_WORLD, &crypt_random_system, &seed);
	assert_int_equal(crypt_signer_new(&seed, &h.signer), OK);
	o.house = crypt_signer_public(h.signer);
	o.wall = clock_wall;
	e = vault_start(&o, &h.process, &h.fault);
	if (e)
		fail_msg("%s", h.fault.en);
	assert_int_equal(user_of(vaulted_pid(&h)), NOBODY);
	h.v = way_to(dir);
	row.who = vaulted_person("覃小英", "", "13800001111");
	assert_int_equal(vault_stage(h.v, 1, &row, 1, &staged, &h.fault), OK);
	assert_int_equal(vault_keep(h.v, 1, &h.fault), OK);
	assert_int_equal(vault_look(h.v, &v, &h.fault), OK);
	assert_int_equal(v.subjects, 1);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_uid, NOBODY);
		assert_int_equal(st.st_mode & 077, 0); /* nobody else's, the house's neither */
	}
	vaulted_close(&h);
	crypt_signer_end(&h.signer);
	(void)snprintf(command, sizeof command, "rm -rf %s", own);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_vault_that_does_not_answer_in_time_is_busy_and_works_again_after, opened,
			gone),
		cmocka_unit_test_setup_teardown(a_caller_of_another_version_is_told_so, opened,
						gone),
		cmocka_unit_test(a_vault_of_another_version_is_no_vault_of_ours),
		cmocka_unit_test_setup_teardown(
			a_vault_whose_disk_is_full_says_so_keeps_what_it_has_and_goes_on,
			on_a_small_disk, off_the_small_disk),
		cmocka_unit_test(as_root_the_vault_becomes_a_user_of_its_own_and_its_files_with_it),
		ON_SQLITE(a_house_whose_vault_sleeps_works_and_says_that_names_are_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
