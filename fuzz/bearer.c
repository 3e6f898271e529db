/* fuzz/bearer.c - cookies and API keys from anybody: read back they are what was written. */
#include "access/bearer.h"
#include "access/session.h"

#include <string.h>

#include "base/ban.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one(enum bearer_kind kind, struct str text)
{
	CLEANUP(buf_release) struct buf back = { 0 };
	struct crypt_hash hash;
	struct bearer b;

	if (bearer_parse(kind, text, &b) != OK)
		return;
	bearer_text(&b, &back);
	assert(back.failed || str_eq(buf_view(&back), text));
	assert(bearer_hash(&b, &hash) == OK);
}

/* What the database kept of roles and areas is read too. */
static void words(struct str text)
{
	char again[SESSION_ROLES_BYTES], areas[SCOPE_TEXT_BYTES];
	uint32_t roles = session_roles_parse(text);
	struct scope scope, back;

	(void)session_roles_text(roles, again);
	assert(session_roles_parse(str_of(again)) == roles);
	if (scope_parse(text, &scope, NULL) != OK)
		return;
	assert(scope_parse((struct str){ areas, scope_text(&scope, areas) }, &back, NULL) == OK);
	assert(back.n == scope.n && memcmp(back.v, scope.v, scope.n * sizeof(*scope.v)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	one(BEARER_SESSION, text);
	one(BEARER_KEY, text);
	words(text);
	return 0;
}
