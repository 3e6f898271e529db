/*
 * look.h - names told to officials: noted for the person, the official and the overseer.
 *
 * Whoever tells a name asks the vault before the transaction (vault_resolve in `before`), and notes
 * each person in it (look_note), so that nothing leaves that is not in the ledger. The answer is
 * wiped once it was sent (http_names).
 *
 * Routes:   one's own look-ups; the report for a person who presents an ID number; and names in
 *           an emergency (break_glass.h).
 * Life:     look_open -> look_routes, until look_close.
 * Threads:  handlers from many.
 * Errors:   those of vault and database.
 * Source:   docs/adr/0015-vault.md; PIPL art. 45 (access), 50 (procedure).
 */
#ifndef LOOK_LOOK_H
#define LOOK_LOOK_H
#include "access/access.h"
#include "crypt/crypt.h"
#include "vault/grant.h"
#include "vault/vault.h"

struct tx;

struct look;
struct look_options {
	struct vault *vault;
	const struct crypt_signer *signer; /* of the house */
	struct record_book *book;          /* makes ids */
};
MUST_CHECK enum err look_open(const struct look_options *o, struct look **ret, struct fault *f);
void look_close(struct look **l); /* for CLEANUP() */
struct route_list look_routes(const struct look *l);

/*
 * In `run`: an entry in the ledger and a row for each of these people, in this area's chain. `g`
 * says kind, matter and fields.
 */
MUST_CHECK enum err look_note(struct call *c, struct tx *tx, struct area_code area,
			      const struct grant *g, const struct vault_people *people,
			      struct fault *f);
/* The same for one person of whom no name, but something else was told: `fields` is 0 then. */
struct look_told {
	struct str kind, matter, purpose; /* words */
	unsigned fields;                  /* 1 << enum vault_field */
	int64_t approved_by;              /* an account that had to agree; 0: none had */
};
MUST_CHECK enum err look_note_one(struct call *c, struct tx *tx, struct area_code area,
				  const struct look_told *told, int64_t person, struct fault *f);
/* Before the first byte of an answer that tells these people: it is wiped once it was sent. */
MUST_CHECK enum err look_answer(struct call *c, const struct vault_people *people);
/*
 * A person as JSON: known, and the fields that are there by their words. The number goes to disease
 * control alone, which has it anyway: another agency has asked by it, and its answer in the same
 * order must not be joined to a case.
 */
void look_person_json(struct call *c, const struct vault_person *p, enum grant_agency to);
/*
 * Are two accounts one person's? They are if they are the same duty holder's, or two duty holders'
 * of one name and one work phone: one person may hold two posts. Where one does not say whose it
 * is, the same name or work phone is taken for the same person.
 */
MUST_CHECK enum err look_one_person(struct tx *tx, int64_t a, int64_t b, bool *ret,
				    struct fault *f);
#endif
