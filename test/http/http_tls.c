/* http_tls.c - the same over TLS, with a certificate made here and thrown away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http/stream.h"
#include "support/front.h"

static gnutls_datum_t cert_pem, key_pem, next_cert_pem, next_key_pem;

static int make_one(const char *name, gnutls_datum_t *ret_cert, gnutls_datum_t *ret_key)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t cert = NULL;
	int bad;

	bad = gnutls_x509_privkey_init(&key) || gnutls_x509_crt_init(&cert) ||
	      gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, 256, 0) ||
	      gnutls_x509_crt_set_dn(cert, name, NULL) || gnutls_x509_crt_set_key(cert, key) ||
	      gnutls_x509_crt_set_version(cert, 3) || gnutls_x509_crt_set_serial(cert, "\x01", 1) ||
	      gnutls_x509_crt_set_activation_time(cert, time(NULL) - 3600) ||
	      gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 3600) ||
	      gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0) ||
	      gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, ret_cert) ||
	      gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, ret_key);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
	return bad;
}

static int make_certificate(void **state)
{
	(void)state;
	return make_one("CN=localhost", &cert_pem, &key_pem) ||
	       make_one("CN=renewed", &next_cert_pem, &next_key_pem);
}

static int drop_certificate(void **state)
{
	(void)state;
	gnutls_free(cert_pem.data);
	gnutls_free(key_pem.data);
	gnutls_free(next_cert_pem.data);
	gnutls_free(next_key_pem.data);
	return 0;
}

static void opened(struct front *f)
{
	front_options(f);
	f->o.listen = "0.0.0.0:0"; /* with TLS we may listen to others */
	f->o.tls_cert = str_of((char *)cert_pem.data);
	f->o.tls_key = str_of((char *)key_pem.data);
	front_open(f);
}

static void requests_and_large_bodies_come_and_go(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_memory_equal(http_url(f.h), "https://0.0.0.0:", 16);
	assert_true(client_open_tls(&c, f.port));
	assert_true(client_send(&c, "GET /echo HTTP/1.1\r\nHost: any.example\r\n\r\n"));
	assert_true(client_read(&c, &a, false));
	assert_int_equal(a.status, 200);
	assert_true(answer_holds(&a, "tls: 1\n"));
	assert_true(
		str_eq(answer_header(&a, "Strict-Transport-Security"), STR("max-age=31536000")));
	assert_true(client_send(&c, "GET /pieces/1000 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_read(&c, &a, false));
	assert_int_equal(a.body.n, 1000000);
	assert_true(client_send(&c, "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
				    "Content-Length: 6\r\n\r\nsecret"));
	assert_true(client_read(&c, &a, false) && answer_holds(&a, "body: secret"));
	assert_true(client_send(&c, "GET /all-headers HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_read(&c, &a, false));
	assert_non_null(strstr(a.head.p, "SameSite=Strict; Secure\r\n"));
}

static void plain_bytes_get_no_reply(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	(void)client_ask(f.port, "GET", "/plain", "", NULL, &a);
	assert_int_equal(a.status, 0);
}

static void a_handshake_that_does_not_go_on_is_cut(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	front_wait_state(&f, "idle", 1);
	assert_true(client_send(&c, "\x16\x03\x01"));
	front_pass(&f, f.o.header_s);
	assert_true(client_ended(&c));
	assert_int_equal(front_figure(&f, "outpost_http_cut_total{state=\"idle\"}"), 1);
}

static void streams_live_and_end(void **state)
{
	const struct http_event ev = { STR("task"), 1, STR("over tls"), 0 };
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open_tls(&c, f.port));
	assert_true(client_send(&c, "GET /stream/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_wait(&c, "event: hello"));
	assert_int_equal(http_publish(f.h, &ev), OK);
	assert_true(client_wait(&c, "data: over tls\n\n"));
	(void)http_stop(f.h, 0);
	assert_true(client_wait(&c, "0\r\n\r\n"));
	assert_true(http_stop(f.h, 20));
}

static struct str pem(const gnutls_datum_t *d)
{
	return str_of((char *)d->data);
}

/* Is this the certificate that the client was shown? */
static bool shows(const struct client *c, const gnutls_datum_t *cert)
{
	gnutls_datum_t der = { 0 };
	unsigned n;
	const gnutls_datum_t *peer = gnutls_certificate_get_peers(c->tls, &n);
	bool same;

	assert_int_equal(gnutls_pem_base64_decode2("CERTIFICATE", cert, &der), 0);
	same = n == 1 && peer[0].size == der.size && memcmp(peer[0].data, der.data, der.size) == 0;
	gnutls_free(der.data);
	return same;
}

static void a_renewed_certificate_is_for_new_connections(void **state)
{
	const struct http_event ev = { STR("task"), 1, STR("still here"), 0 };
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client busy = { 0 }, stream = { 0 }, later = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open_tls(&busy, f.port) && shows(&busy, &cert_pem));
	assert_true(client_open_tls(&stream, f.port));
	assert_true(client_send(&stream, "GET /stream/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_wait(&stream, "event: hello"));
	assert_true(client_send(&busy, "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
				       "Content-Length: 6\r\n\r\nsec"));
	assert_int_equal(http_certificate(f.h, pem(&next_cert_pem), pem(&next_key_pem), NULL), OK);
	assert_true(client_send(&busy, "ret"));
	assert_true(client_read(&busy, &a, false) && answer_holds(&a, "body: secret"));
	assert_int_equal(http_publish(f.h, &ev), OK);
	assert_true(client_wait(&stream, "data: still here\n\n"));
	assert_true(client_open_tls(&later, f.port) && shows(&later, &next_cert_pem));
	assert_true(client_send(&later, "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_read(&later, &b, false));
	assert_int_equal(b.status, 200);
}

static void half_of_a_new_pair_changes_nothing(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	struct fault why = { 0 };

	(void)state;
	opened(&f);
	assert_int_equal(http_certificate(f.h, pem(&cert_pem), pem(&next_key_pem), &why),
			 ERR_SYNTAX);
	assert_non_null(strstr(why.en, "do not belong together"));
	assert_int_equal(http_certificate(f.h, pem(&cert_pem), STR("none"), NULL), ERR_SYNTAX);
	assert_true(client_open_tls(&c, f.port) && shows(&c, &cert_pem));
}

static void a_certificate_that_is_none_is_said_to_be_so(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(http_end) struct http *h = NULL;
	struct fault why = { 0 };

	(void)state;
	front_options(&f);
	/* GnuTLS leaks a certificate that it cannot read; of a key it does not. */
	f.o.tls_cert = str_of((char *)cert_pem.data);
	assert_int_equal(http_open(&f.o, &h, &why), ERR_USAGE);
	assert_non_null(strstr(why.en, "come together"));
	f.o.tls_key = STR("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
	why = (struct fault){ 0 };
	assert_int_equal(http_open(&f.o, &h, &why), ERR_SYNTAX);
	assert_non_null(strstr(why.en, "the TLS certificate or key cannot be used"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_and_large_bodies_come_and_go),
		cmocka_unit_test(a_renewed_certificate_is_for_new_connections),
		cmocka_unit_test(half_of_a_new_pair_changes_nothing),
		cmocka_unit_test(plain_bytes_get_no_reply),
		cmocka_unit_test(a_handshake_that_does_not_go_on_is_cut),
		cmocka_unit_test(streams_live_and_end),
		cmocka_unit_test(a_certificate_that_is_none_is_said_to_be_so),
	};

	return cmocka_run_group_tests(tests, make_certificate, drop_certificate);
}
