#include "support/vaulted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dice.h"

static int64_t shared_ns(void *arg)
{
	return *(int64_t *)arg * 1000000000;
}

static void make_folder(const char *path)
{
	assert_true(mkdir(path, 0700) == 0 || access(path, W_OK) == 0);
}

void vaulted_open(struct vaulted *h, enum crypt_suite suite)
{
	struct vault_start_options o = { .dir = "house", .suite = suite };
	struct crypt_seed seed;
	enum err e;

	if (!h->signer) {
		crypt_seed_new(suite, &crypt_random_system, &seed);
		assert_int_equal(crypt_signer_new(&seed, &h->signer), OK);
		h->now_s = mmap(NULL, sizeof *h->now_s, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		assert_ptr_not_equal(h->now_s, MAP_FAILED);
		*h->now_s = VAULTED_NOW;
		h->wall = (struct clock){ shared_ns, h->now_s };
	}
	make_folder("house");
	make_folder("house/keys");
	o.house = crypt_signer_public(h->signer);
	o.wall = h->wall;
	h->fault = (struct fault){ 0 };
	e = vault_start(&o, &h->process, &h->fault);
	if (e)
		fail_msg("%s: %s", err_word(e), h->fault.en);
	assert_int_equal(vault_connect(&(struct vault_options){ .dir = "house" }, &h->v), OK);
}

void vaulted_close(struct vaulted *h)
{
	vault_end(&h->v);
	vault_stop(&h->process);
}

/* The only child of our only child, as /proc has it. */
int vaulted_pid(const struct vaulted *h)
{
	char path[64];
	int pid = getpid(), child = 0;

	(void)h;
	for (int depth = 0; depth < 2; depth++) {
		FILE *f;

		snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
		f = fopen(path, "r");
		child = 0;
		if (!f || fscanf(f, "%d", &child) != 1)
			child = 0; /* being begun anew */
		if (f)
			fclose(f);
		if (!child)
			return 0;
		pid = child;
	}
	return child;
}

struct grant vaulted_grant(const struct vaulted *h, enum grant_kind kind, const int64_t *ids,
			   size_t n)
{
	return (struct grant){ .kind = kind,
			       .agency = GRANT_CDC,
			       .id = 11,
			       .account = 7,
			       .matter = STR("case/4"),
			       .purpose = STR("duty"),
			       .fields = grant_agency_fields(GRANT_CDC),
			       .issued = { *h->now_s },
			       .expires = { *h->now_s + grant_life_max(kind) },
			       .single_use = kind == GRANT_BREAK_GLASS,
			       .ids = ids,
			       .n = n };
}

struct str vaulted_sign(struct vaulted *h, const struct grant *g, struct buf *out)
{
	enum err e;

	buf_clear(out);
	e = grant_sign(g, h->signer, out, &h->fault);
	if (e)
		fail_msg("%s: %s", err_word(e), h->fault.en);
	return buf_view(out);
}

struct vault_identity vaulted_person(const char *name, const char *id_number, const char *phone)
{
	struct vault_identity who = { 0 };

	who.text[VAULT_NAME] = str_of(name);
	who.text[VAULT_ID_NUMBER] = str_of(id_number);
	who.text[VAULT_PHONE] = str_of(phone);
	return who;
}

void vaulted_id_number(uint64_t n, char ret[19])
{
	static const int weight[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	int sum = 0;

	snprintf(ret, 19, "4308%02u19%02u%02u%02u%03u", (unsigned)(n / 1000000 % 30),
		 (unsigned)(40 + n / 1000 % 50), (unsigned)(1 + n / 100000 % 12),
		 (unsigned)(1 + n / 50000 % 28), (unsigned)(n % 1000));
	for (int i = 0; i < 17; i++)
		sum += weight[i] * (ret[i] - '0');
	ret[17] = "10X98765432"[sum % 11];
	ret[18] = '\0';
}
