/*
 * cert.c - certificates, as OpenSSL's own verifier sees them: a server of our authority passes for
 * its names and its time, and for nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/memory.h"
#include "crypt/cert.h"
#include "support/chance.h"

enum { FROM = 1790000000, DAY = 86400 };

static const struct str NAMES[] = {
	{ "outpost.lan", 11 }, { "*.cili.example", 14 }, { "192.168.1.20", 12 }, { "fd00::1", 7 }
};

static struct cert_ask ask_of(const struct cert_pem *authority)
{
	return (struct cert_ask){ .authority_key = buf_view(&authority->key),
				  .authority_cert = buf_view(&authority->cert),
				  .names = NAMES,
				  .n_names = ARRAY_LEN(NAMES),
				  .from = { FROM },
				  .days = CERT_SERVER_DAYS };
}

static void make(const struct crypt_random *r, struct cert_pem *authority, struct cert_pem *server)
{
	struct cert_ask ask;
	struct fault f = { 0 };

	assert_int_equal(cert_authority(r, STR("慈利县 Outpost"), (struct utc_s){ FROM },
					CERT_AUTHORITY_DAYS, authority, &f),
			 OK);
	ask = ask_of(authority);
	assert_int_equal(cert_issue(r, &ask, server, &f), OK);
}

static X509 *x509_of(const struct buf *pem)
{
	BIO *b = BIO_new_mem_buf(pem->p, (int)pem->n);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	BIO_free(b);
	assert_non_null(x);
	return x;
}

/* What a browser asks: signed by the authority, of this name, at this time, for a server? */
static bool passes(const struct cert_pem *authority, const struct cert_pem *server,
		   const char *host, const char *address, int64_t at)
{
	X509 *top = x509_of(&authority->cert), *leaf = x509_of(&server->cert);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *c = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *p;
	bool well;

	assert_true(X509_STORE_add_cert(store, top));
	assert_true(X509_STORE_CTX_init(c, store, leaf, NULL));
	p = X509_STORE_CTX_get0_param(c);
	X509_VERIFY_PARAM_set_time(p, at);
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT);
	X509_STORE_CTX_set_purpose(c, X509_PURPOSE_SSL_SERVER);
	if (host)
		assert_true(X509_VERIFY_PARAM_set1_host(p, host, 0));
	if (address)
		assert_true(X509_VERIFY_PARAM_set1_ip_asc(p, address));
	well = X509_verify_cert(c) == 1;
	X509_STORE_CTX_free(c);
	X509_STORE_free(store);
	X509_free(top);
	X509_free(leaf);
	return well;
}

static void a_server_passes_for_its_names_and_in_its_time_alone(void **state)
{
	CLEANUP(cert_pem_release) struct cert_pem authority = { 0 }, server = { 0 };
	CLEANUP(cert_pem_release) struct cert_pem other = { 0 }, other_server = { 0 };
	int64_t end = FROM + (int64_t)CERT_SERVER_DAYS * DAY;

	(void)state;
	make(&crypt_random_system, &authority, &server);
	make(&crypt_random_system, &other, &other_server);
	assert_true(passes(&authority, &server, "outpost.lan", NULL, FROM + 1));
	assert_true(passes(&authority, &server, "OUTPOST.lan", NULL, FROM + 1));
	assert_true(passes(&authority, &server, "a.cili.example", NULL, FROM + 1));
	assert_true(passes(&authority, &server, NULL, "192.168.1.20", FROM + 1));
	assert_true(passes(&authority, &server, NULL, "fd00::1", end - 1));
	assert_false(passes(&authority, &server, "outpost.example", NULL, FROM + 1));
	assert_false(passes(&authority, &server, "a.b.cili.example", NULL, FROM + 1));
	assert_false(passes(&authority, &server, NULL, "192.168.1.21", FROM + 1));
	assert_false(passes(&authority, &server, "outpost.lan", NULL, FROM - 1));
	assert_false(passes(&authority, &server, "outpost.lan", NULL, end + 1));
	assert_false(passes(&other, &server, "outpost.lan", NULL, FROM + 1));
	/* and a server's certificate is no authority */
	assert_false(passes(&server, &other_server, "outpost.lan", NULL, FROM + 1));
}

static void key_and_certificate_belong_together_and_the_end_is_told(void **state)
{
	CLEANUP(cert_pem_release) struct cert_pem authority = { 0 }, server = { 0 };
	struct utc_s ends = { 0 };
	X509 *x;
	BIO *b;
	EVP_PKEY *key;

	(void)state;
	make(&crypt_random_system, &authority, &server);
	x = x509_of(&server.cert);
	b = BIO_new_mem_buf(server.key.p, (int)server.key.n);
	key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
	assert_int_equal(X509_check_private_key(x, key), 1);
	EVP_PKEY_free(key);
	BIO_free(b);
	X509_free(x);
	assert_int_equal(cert_ends(buf_view(&server.cert), &ends), OK);
	assert_int_equal(ends.v, FROM + (int64_t)CERT_SERVER_DAYS * DAY);
	assert_int_equal(cert_ends(buf_view(&server.key), &ends), ERR_SYNTAX);
}

static void the_same_chance_makes_the_same_key(void **state)
{
	CLEANUP(cert_pem_release) struct cert_pem a = { 0 }, b = { 0 }, sa = { 0 }, sb = { 0 };
	struct chance c;

	(void)state;
	chance_begin(&c, 7);
	make(&c.random, &a, &sa);
	chance_begin(&c, 7);
	make(&c.random, &b, &sb);
	assert_true(str_eq(buf_view(&a.key), buf_view(&b.key)));
	assert_true(str_eq(buf_view(&sa.key), buf_view(&sb.key)));
	assert_false(str_eq(buf_view(&a.key), buf_view(&sa.key)));
}

static void names_and_spans_that_cannot_be_are_refused(void **state)
{
	static const char *const BAD[] = { "",   ".",  "a..b",  "a.",        ".a",
					   "-a", "a-", "a_b",   "a b",       "a,DNS:evil",
					   "*",  "*.", "a.*.b", "1.2.3.4/8", "县" };
	CLEANUP(cert_pem_release) struct cert_pem authority = { 0 }, server = { 0 }, none = { 0 };
	char long_label[80];
	struct cert_ask ask;
	struct str one;

	(void)state;
	make(&crypt_random_system, &authority, &server);
	ask = ask_of(&authority);
	ask.names = &one;
	ask.n_names = 1;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		one = str_of(BAD[i]);
		assert_int_equal(cert_issue(&crypt_random_system, &ask, &none, NULL), ERR_RANGE);
	}
	memset(long_label, 'a', sizeof long_label);
	one = (struct str){ long_label, 64 };
	assert_int_equal(cert_issue(&crypt_random_system, &ask, &none, NULL), ERR_RANGE);
	one.n = 63;
	ask.days = 0;
	assert_int_equal(cert_issue(&crypt_random_system, &ask, &none, NULL), ERR_RANGE);
	ask.days = 1;
	ask.n_names = 0;
	assert_int_equal(cert_issue(&crypt_random_system, &ask, &none, NULL), ERR_RANGE);
	assert_int_equal(cert_authority(&crypt_random_system, STR(""), ask.from, 1, &none, NULL),
			 ERR_RANGE);
	assert_int_equal(cert_authority(&crypt_random_system, (struct str){ long_label, 65 },
					ask.from, 1, &none, NULL),
			 ERR_RANGE);
	assert_int_equal(none.key.n + none.cert.n, 0);
}

static void an_authority_that_is_none_issues_nothing(void **state)
{
	CLEANUP(cert_pem_release) struct cert_pem authority = { 0 }, server = { 0 }, none = { 0 };
	CLEANUP(cert_pem_release) struct cert_pem other = { 0 }, other_server = { 0 };
	struct cert_ask ask;

	(void)state;
	make(&crypt_random_system, &authority, &server);
	make(&crypt_random_system, &other, &other_server);
	ask = ask_of(&server); /* a server's certificate with its own key */
	assert_int_equal(cert_issue(&crypt_random_system, &ask, &none, NULL), ERR_CORRUPT);
	ask = ask_of(&authority);
	ask.authority_key = buf_view(&other.key);
	assert_int_equal(cert_issue(&crypt_random_system, &ask, &none, NULL), ERR_CORRUPT);
	ask.authority_key = STR("no key");
	assert_int_equal(cert_issue(&crypt_random_system, &ask, &none, NULL), ERR_SYNTAX);
	ask.authority_key = STR("");
	assert_int_equal(cert_issue(&crypt_random_system, &ask, &none, NULL), ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_passes_for_its_names_and_in_its_time_alone),
		cmocka_unit_test(key_and_certificate_belong_together_and_the_end_is_told),
		cmocka_unit_test(the_same_chance_makes_the_same_key),
		cmocka_unit_test(names_and_spans_that_cannot_be_are_refused),
		cmocka_unit_test(an_authority_that_is_none_issues_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
