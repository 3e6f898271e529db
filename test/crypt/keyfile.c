/* keyfile.c - keys in files: private, never over another, and nothing but what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypt/encode.h"
#include "crypt/keyfile.h"
#include "support/chance.h"

static void make_all(enum crypt_suite s, struct crypt_seed *seed, struct crypt_key *key,
		     struct crypt_public *pub)
{
	CLEANUP(crypt_signer_end) struct crypt_signer *signer = NULL;

	crypt_seed_new(s, &crypt_random_system, seed);
	crypt_key_new(s, &crypt_random_system, key);
	assert_int_equal(crypt_signer_new(seed, &signer), OK);
	*pub = *crypt_signer_public(signer);
	unlink("sign");
	unlink("seal");
	unlink("public");
	assert_int_equal(keyfile_make_seed("sign", seed, NULL), OK);
	assert_int_equal(keyfile_make_key("seal", key, NULL), OK);
	assert_int_equal(keyfile_make_public("public", pub, NULL), OK);
}

static void a_key_comes_back_as_it_was_and_only_its_owner_may_read_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chance_suites); i++) {
		struct crypt_seed seed, seed_back;
		struct crypt_key key, key_back;
		struct crypt_public pub, pub_back;
		struct stat st;

		make_all(chance_suites[i], &seed, &key, &pub);
		assert_int_equal(stat("sign", &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(stat("seal", &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(keyfile_read_seed("sign", &seed_back, NULL), OK);
		assert_int_equal(keyfile_read_key("seal", &key_back, NULL), OK);
		assert_int_equal(keyfile_read_public("public", &pub_back, NULL), OK);
		assert_memory_equal(&seed, &seed_back, sizeof seed);
		assert_memory_equal(&key, &key_back, sizeof key);
		assert_memory_equal(&pub, &pub_back, sizeof pub);
	}
}

static void no_key_is_written_over_another(void **state)
{
	struct crypt_seed seed, back;
	struct crypt_key key;
	struct crypt_public pub;
	struct fault f = { 0 };

	(void)state;
	make_all(CRYPT_WORLD, &seed, &key, &pub);
	back = seed;
	back.v[1] ^= 1;
	assert_int_equal(keyfile_make_seed("sign", &back, &f), ERR_EXISTS);
	assert_int_equal(keyfile_read_seed("sign", &back, NULL), OK);
	assert_memory_equal(&seed, &back, sizeof seed);
}

static void a_secret_that_others_can_read_is_refused_and_so_is_another_kind(void **state)
{
	struct crypt_seed seed;
	struct crypt_key key;
	struct crypt_public pub;
	struct fault f = { 0 };

	(void)state;
	make_all(CRYPT_SM, &seed, &key, &pub);
	assert_int_equal(keyfile_read_seed("seal", &seed, &f), ERR_RANGE);
	assert_non_null(strstr(f.en, "not of the kind sign"));
	assert_non_null(strstr(f.zh, "不是签名用的密钥"));
	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		f = (struct fault){ 0 };
		assert_int_equal(chmod("sign", 0600 | bit), 0);
		assert_int_equal(keyfile_read_seed("sign", &seed, &f), ERR_RANGE);
		assert_non_null(strstr(f.en, "chmod 600"));
	}
	assert_int_equal(keyfile_read_seed("absent", &seed, NULL), ERR_ABSENT);
}

static void every_altered_bit_and_every_cut_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chance_suites); i++)
		for (enum keyfile_kind kind = 0; kind < KEYFILE_KIND_N; kind++) {
			CLEANUP(buf_release) struct buf text = { 0 };
			uint8_t key[CRYPT_PUBLIC_BYTES], back[CRYPT_PUBLIC_BYTES];
			enum keyfile_kind kind_back;

			crypt_random_fill(&crypt_random_system, key, sizeof key);
			key[0] = (uint8_t)chance_suites[i];
			assert_int_equal(keyfile_write(kind, key, &text), OK);
			assert_int_equal(keyfile_parse(buf_view(&text), &kind_back, back), OK);
			assert_int_equal(kind_back, kind);
			for (size_t n = 0; n < text.n; n++)
				assert_int_not_equal(keyfile_parse((struct str){ text.p, n },
								   &kind_back, back),
						     OK);
			for (size_t b = 0; b < 8 * text.n; b++) {
				text.p[b / 8] = (char)(text.p[b / 8] ^ (1 << b % 8));
				assert_int_not_equal(keyfile_parse(buf_view(&text), &kind_back,
								   back),
						     OK);
				text.p[b / 8] = (char)(text.p[b / 8] ^ (1 << b % 8));
			}
			buf_char(&text, '\n');
			assert_int_equal(keyfile_parse(buf_view(&text), &kind_back, back),
					 ERR_CORRUPT);
		}
}

static void a_later_form_is_told_from_a_damaged_one(void **state)
{
	enum keyfile_kind kind;
	uint8_t key[CRYPT_PUBLIC_BYTES];

	(void)state;
	assert_int_equal(keyfile_parse(STR("outpost key 2\n"), &kind, key), ERR_VERSION);
	assert_int_equal(keyfile_parse(STR("-----BEGIN"), &kind, key), ERR_CORRUPT);
}

static void a_disk_that_fails_leaves_no_half_key_behind(void **state)
{
	struct crypt_seed seed;
	bool done = false;

	(void)state;
	crypt_seed_new(CRYPT_WORLD, &crypt_random_system, &seed);
	for (uint64_t k = 1; !done; k++) {
		struct crypt_seed back;
		enum err e;

		unlink("fails");
		file_fail_at(k, false);
		e = keyfile_make_seed("fails", &seed, NULL);
		done = file_calls() < k;
		file_fail_at(0, false);
		if (done)
			assert_int_equal(e, OK);
		else if (e)
			assert_int_equal(keyfile_read_seed("fails", &back, NULL), ERR_ABSENT);
	}
	done = false;
	for (uint64_t k = 1; !done; k++) {
		struct crypt_seed back;
		enum err e;

		mem_fail_at(k, false);
		e = keyfile_read_seed("fails", &back, NULL);
		done = mem_calls() < k;
		mem_fail_at(0, false);
		assert_int_equal(e, done ? OK : ERR_MEMORY);
	}
}

/* ---- bytes as text ---- */

static void text_of_bytes_is_the_known_one_and_reads_back(void **state)
{
	static const char *const KNOWN[][4] = {
		/* RFC 4648 section 10, without padding */
		{ "", "", "", "" },
		{ "f", "66", "Zg", "MY" },
		{ "fo", "666f", "Zm8", "MZXQ" },
		{ "foo", "666f6f", "Zm9v", "MZXW6" },
		{ "foob", "666f6f62", "Zm9vYg", "MZXW6YQ" },
		{ "fooba", "666f6f6261", "Zm9vYmE", "MZXW6YTB" },
		{ "foobar", "666f6f626172", "Zm9vYmFy", "MZXW6YTBOI" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(KNOWN); i++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		uint8_t back[16];
		size_t n = 0;

		encode_hex(&b, KNOWN[i][0], i);
		assert_true(str_eq(buf_view(&b), str_of(KNOWN[i][1])));
		assert_int_equal(encode_read_hex(buf_view(&b), back, i), OK);
		assert_memory_equal(back, KNOWN[i][0], i);
		buf_clear(&b);
		encode_base64url(&b, KNOWN[i][0], i);
		assert_true(str_eq(buf_view(&b), str_of(KNOWN[i][2])));
		assert_int_equal(encode_read_base64url(buf_view(&b), back, sizeof back, &n), OK);
		assert_int_equal(n, i);
		assert_memory_equal(back, KNOWN[i][0], i);
		buf_clear(&b);
		encode_base32(&b, KNOWN[i][0], i);
		assert_true(str_eq(buf_view(&b), str_of(KNOWN[i][3])));
		buf_clear(&b); /* that of mail is filled up to four signs */
		encode_base64(&b, KNOWN[i][0], i);
		assert_int_equal(b.n, (i + 2) / 3 * 4);
		assert_memory_equal(b.p ? b.p : "", KNOWN[i][2], strlen(KNOWN[i][2]));
		for (size_t k = strlen(KNOWN[i][2]); k < b.n; k++)
			assert_int_equal(b.p[k], '=');
	}
}

static void the_base64_of_mail_has_plus_and_slash(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	encode_base64(&b, "\xfb\xef\xff", 3);
	assert_true(str_eq(buf_view(&b), STR("++//")));
}

static void every_text_means_other_bytes_or_nothing(void **state)
{
	static const char SIGNS[] = "AQgwx_-9=+/ ";
	uint8_t back[4];
	size_t n;

	(void)state;
	/* all texts of up to four of these signs: what reads is what would be written */
	for (unsigned code = 0; code < 12 * 12 * 12 * 12; code++)
		for (size_t len = 0; len <= 4; len++) {
			CLEANUP(buf_release) struct buf again = { 0 };
			char text[4];
			unsigned rest = code;

			for (size_t i = 0; i < len; i++, rest /= 12)
				text[i] = SIGNS[rest % 12];
			if (encode_read_base64url((struct str){ text, len }, back, 4, &n))
				continue;
			encode_base64url(&again, back, n);
			assert_true(str_eq(buf_view(&again), (struct str){ text, len }));
		}
	assert_int_equal(encode_read_base64url(STR("Zm9v"), back, 2, &n), ERR_RANGE);
	assert_int_equal(encode_read_hex(STR("6g"), back, 1), ERR_SYNTAX);
	assert_int_equal(encode_read_hex(STR("666"), back, 1), ERR_RANGE);
	assert_int_equal(encode_read_hex(STR("fF"), back, 1), OK);
	assert_int_equal(back[0], 0xFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_comes_back_as_it_was_and_only_its_owner_may_read_it),
		cmocka_unit_test(no_key_is_written_over_another),
		cmocka_unit_test(a_secret_that_others_can_read_is_refused_and_so_is_another_kind),
		cmocka_unit_test(every_altered_bit_and_every_cut_is_refused),
		cmocka_unit_test(a_later_form_is_told_from_a_damaged_one),
		cmocka_unit_test(a_disk_that_fails_leaves_no_half_key_behind),
		cmocka_unit_test(text_of_bytes_is_the_known_one_and_reads_back),
		cmocka_unit_test(the_base64_of_mail_has_plus_and_slash),
		cmocka_unit_test(every_text_means_other_bytes_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
