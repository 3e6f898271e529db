#include "access/policy.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"

#include "base/ban.h"

enum {
	AT_ONCE = 2,      /* hashes being made */
	IN_LINE_MAX = 16, /* and requests that want one, those included */
	LENGTH_MIN = 10,
	LENGTH_MAX = 256, /* bytes */
	DIFFERENT_MIN = 5
};

struct policy {
	struct policy_choice choice;
	char nobody[PASSWORD_TEXT_BYTES]; /* of a password that nobody has ever seen */
	sem_t gate;
	atomic_int in_line;
};

struct policy_choice policy_defaults(void)
{
	return (struct policy_choice){
		.idle_s = 15 * 60,
		.absolute_s = 12 * 3600,
		.issuer = "Outpost",
		.cost = password_cost_usual,
		.chance = crypt_random_system,
	};
}

enum err policy_new(const struct policy_choice *choice, struct policy **ret)
{
	struct policy *p = mem_take(1, sizeof(*p));
	char once[POLICY_ONCE_BYTES];
	enum err e;

	if (!p)
		return ERR_MEMORY;
	p->choice = *choice;
	policy_password_once(p, once);
	e = password_hash(str_of(once), &choice->cost, p->nobody);
	crypt_wipe(once, sizeof(once));
	if (e || sem_init(&p->gate, 0, AT_ONCE) != 0) {
		mem_drop(p);
		return e ? e : ERR_BUG;
	}
	*ret = p;
	return OK;
}

void policy_end(struct policy **p)
{
	if (!*p)
		return;
	(void)sem_destroy(&(*p)->gate);
	crypt_wipe(&(*p)->choice, sizeof((*p)->choice));
	mem_drop(*p);
	*p = NULL;
}

const struct policy_choice *policy_choice(const struct policy *p)
{
	return &p->choice;
}

/* ---- passwords ---- */

/* Characters, not bytes: a password may be Chinese. */
static size_t characters(struct str s, size_t *ret_different)
{
	size_t n = 0, different = 0;
	bool seen[256] = { false };

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		n += (c & 0xc0) != 0x80;
		different += !seen[c];
		seen[c] = true;
	}
	*ret_different = different;
	return n;
}

static bool holds(struct str s, struct str part)
{
	for (size_t i = 0; part.n && i + part.n <= s.n; i++)
		if (strncasecmp(s.p + i, part.p, part.n) == 0)
			return true;
	return false;
}

/* What is tried first wherever people are asked for ten characters. */
static bool well_known(struct str s)
{
	static const char *const parts[] = { "password", "123456789", "987654321", "qwerty",
					     "admin123", "1q2w3e4r",  "abcd1234",  "5201314" };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (holds(s, str_of(parts[i])))
			return true;
	return false;
}

static const char *unfit(struct str password, struct str login, const char **ret_en)
{
	size_t different, n = characters(password, &different);

	if (n < LENGTH_MIN || password.n > LENGTH_MAX) {
		*ret_en = "a password has 10 characters or more, and at most 256 bytes";
		return "口令须有 10 个以上字符，且不超过 256 字节";
	}
	if (different < DIFFERENT_MIN || well_known(password)) {
		*ret_en = "this password is too easy to guess; please take another";
		return "这个口令太容易猜到，请换一个";
	}
	if (holds(password, login)) {
		*ret_en = "a password does not contain the login name";
		return "口令不能包含登录名";
	}
	return NULL;
}

enum err policy_password_fits(struct str password, struct str login, struct fault *f)
{
	const char *en, *zh = unfit(password, login, &en);

	if (!zh)
		return OK;
	fault_at(f, "new", NULL);
	return fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);
}

int64_t policy_id_new(const struct policy *p, struct utc_s now)
{
	uint32_t chance;

	crypt_random_fill(&p->choice.chance, &chance, sizeof(chance));
	return (now.v & INT32_MAX) << 31 | (chance & INT32_MAX);
}

static enum err enter(struct policy *p, struct fault *f)
{
	if (atomic_fetch_add(&p->in_line, 1) >= IN_LINE_MAX) {
		atomic_fetch_sub(&p->in_line, 1);
		return fault_set(f, ERR_BUSY, "同时登录的人太多，请稍后再试",
				 "too many are signing in at once; please try again in a moment");
	}
	while (sem_wait(&p->gate) != 0)
		;
	return OK;
}

static void leave(struct policy *p)
{
	(void)sem_post(&p->gate);
	atomic_fetch_sub(&p->in_line, 1);
}

enum err policy_password_hash(struct policy *p, struct str password, char ret[PASSWORD_TEXT_BYTES],
			      struct fault *f)
{
	enum err e = enter(p, f);

	if (e)
		return e;
	e = password_hash(password, &p->choice.cost, ret);
	leave(p);
	return e;
}

enum err policy_password_is(struct policy *p, const char *text, struct str password, bool *ret,
			    struct fault *f)
{
	enum err e = enter(p, f);

	if (e)
		return e;
	e = password_verify(text ? text : p->nobody, password);
	leave(p);
	if (e != OK && e != ERR_CORRUPT)
		return e;
	*ret = e == OK && text;
	return OK;
}

void policy_password_once(const struct policy *p, char ret[POLICY_ONCE_BYTES])
{
	/* 32 of them, so that five random bits are one character: no 0 and O, no 1, I and l. */
	static const char alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789A";
	uint8_t dice[POLICY_ONCE_BYTES];
	size_t n = 0;

	crypt_random_fill(&p->choice.chance, dice, sizeof(dice));
	for (; n < POLICY_ONCE_BYTES - 1; n++)
		ret[n] = n % 6 == 5 ? '-' : alphabet[dice[n] % 32];
	ret[n] = '\0';
	crypt_wipe(dice, sizeof(dice));
}
