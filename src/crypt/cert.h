/*
 * cert.h - the county's own certificate authority, and certificates for its servers.
 *
 * Telephones work offline only over HTTPS, and most county offices have no domain that a public
 * authority would sign. So `init` makes an authority of its own, whose certificate is put on the
 * devices once, and issues the server's from it. X.509 v3, EC P-256, SHA-256, PEM in and out.
 *
 * Life:     cert_authority once; cert_issue each time names change or a year is over.
 * Memory:   PEM is appended to the caller's buffers; wipe those that hold a key.
 * Errors:   ERR_RANGE a name or a span that cannot be; ERR_SYNTAX what is given is no PEM of the
 *           kind; ERR_CORRUPT key and certificate do not belong together; ERR_MEMORY.
 * Source:   RFC 5280; CA/Browser Forum baseline requirements for lengths of lives.
 */
#ifndef CRYPT_CERT_H
#define CRYPT_CERT_H
#include "base/base.h"
#include "base/text.h"
#include "crypt/crypt.h"

enum { CERT_NAMES_MAX = 64, CERT_AUTHORITY_DAYS = 3650, CERT_SERVER_DAYS = 397 };

struct cert_pem { struct buf key, cert; };
void cert_pem_release(struct cert_pem *p); /* for CLEANUP(): wipes */

/* `name` is shown to people who look: the county's, at most 64 characters. */
MUST_CHECK enum err cert_authority(const struct crypt_random *r, struct str name, struct utc_s from,
				   int days, struct cert_pem *ret, struct fault *f);

struct cert_ask {
	struct str authority_key, authority_cert; /* PEM */
	const struct str *names; /* host names, "*.x.y", or addresses; at least one */
	size_t n_names;
	struct utc_s from;
	int days;
};
MUST_CHECK enum err cert_issue(const struct crypt_random *r, const struct cert_ask *ask,
			       struct cert_pem *ret, struct fault *f);

/* When a certificate ends, so that somebody can be told in time. */
MUST_CHECK enum err cert_ends(struct str cert_pem, struct utc_s *ret);

#endif
