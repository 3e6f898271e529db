/*
 * epoch.h - what the house does when the vault's epoch of pseudonyms is over.
 *
 * The vault gives each live pseudonym its new one; visits and cases go on under the new ones; then
 * the vault destroys the old key. A house that is killed between begins the same change anew.
 */
#ifndef SERVE_EPOCH_H
#define SERVE_EPOCH_H
#include "serve/serve.h"

/* If it is due; without the vault it is done the next time. */
MUST_CHECK enum err epoch_step(struct serve *s, const struct vault_state *st, struct fault *f);
#endif
