/*
 * crypt.c - both suites against published vectors, against slow ones, and against damage.
 *
 * Long because each primitive is held against its published vectors and a slow one of its own.
 *
 * Vectors: FIPS 180-4 examples (SHA-256); GB/T 32905-2016 appendix A (SM3); RFC 8032 7.1 (Ed25519);
 * GM/T 0003.5-2012 appendix A (SM2 on the recommended curve); draft-irtf-cfrg-xchacha-03 A.3.1;
 * GB/T 32907-2016 appendix A (SM4). Keyed BLAKE2b of 32 bytes: Python 3.11's hashlib.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypt/crypt.h"
#include "crypt/hmac.h"
#include "support/chance.h"

#define FOR_SUITES(s) \
	for (size_t i_##s = 0; i_##s < ARRAY_LEN(chance_suites); i_##s++) \
		for (enum crypt_suite s = chance_suites[i_##s], *once_##s = &s; once_##s; \
		     once_##s = NULL)

static void is_hex(const void *p, const char *hex)
{
	uint8_t want[512];

	assert_memory_equal(p, want, chance_hex(hex, want, sizeof want));
}

static struct crypt_key some_key(enum crypt_suite s, uint64_t seed)
{
	struct crypt_key k;
	struct chance c;

	chance_begin(&c, seed);
	crypt_key_new(s, &c.random, &k);
	return k;
}

static struct crypt_signer *some_signer(enum crypt_suite s, uint64_t seed)
{
	struct crypt_signer *signer = NULL;
	struct crypt_seed raw;
	struct chance c;

	chance_begin(&c, seed);
	crypt_seed_new(s, &c.random, &raw);
	assert_int_equal(crypt_signer_new(&raw, &signer), OK);
	return signer;
}

/* ---- hash ---- */

static void hashes_are_the_published_ones(void **state)
{
	static const struct {
		enum crypt_suite suite;
		const char *text;
		const char *hash;
	} KNOWN[] = {
		{ CRYPT_WORLD, "abc",
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ CRYPT_WORLD, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ CRYPT_SM, "abc",
		  "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" },
		{ CRYPT_SM, "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
		  "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(KNOWN); i++) {
		struct crypt_hash h;

		assert_int_equal(crypt_hash(KNOWN[i].suite, KNOWN[i].text, strlen(KNOWN[i].text),
					    &h),
				 OK);
		assert_int_equal(h.v[0], KNOWN[i].suite);
		is_hex(h.v + 1, KNOWN[i].hash);
	}
}

static void a_hasher_in_pieces_equals_the_whole_and_is_then_as_new(void **state)
{
	(void)state;
	FOR_SUITES(s)
	{
		CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;
		struct dice d = { 1 };
		uint8_t bytes[700];

		assert_int_equal(crypt_hasher_new(s, &h), OK);
		for (int round = 0; round < 500; round++) {
			size_t n = dice_below(&d, sizeof bytes), done = 0;
			struct crypt_hash pieces, whole;

			for (size_t i = 0; i < n; i++)
				bytes[i] = (uint8_t)dice_next(&d);
			while (done < n) {
				size_t piece = dice_below(&d, 130) % (n - done + 1);

				crypt_hasher_add(h, bytes + done, piece);
				done += piece;
			}
			crypt_hasher_take(h, &pieces);
			assert_int_equal(crypt_hash(s, bytes, n, &whole), OK);
			assert_memory_equal(pieces.v, whole.v, sizeof whole.v);
		}
	}
}

/* ---- mac ---- */

static void a_keyed_blake2b_is_the_known_one(void **state)
{
	struct crypt_key k = { { CRYPT_WORLD } };
	struct crypt_mac mac;
	uint8_t bytes[200];

	(void)state;
	for (uint8_t i = 0; i < 200; i++)
		bytes[i] = i;
	memcpy(k.v + 1, bytes, CRYPT_RAW_BYTES);
	assert_int_equal(crypt_mac(&k, "", 0, &mac), OK);
	is_hex(mac.v + 1, "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d");
	assert_int_equal(crypt_mac(&k, bytes, sizeof bytes, &mac), OK);
	is_hex(mac.v + 1, "a39ff6e7e838226fd50e24a55375ff3a39419fd93e32cc463f3f74323291c425");
}

/* HMAC as RFC 2104 defines it, from the hash alone. */
static void slow_hmac_sm3(const uint8_t *key, const uint8_t *p, size_t n, uint8_t *ret)
{
	uint8_t *inner = calloc(1, 64 + n), outer[64 + CRYPT_RAW_BYTES];
	struct crypt_hash h;

	assert_non_null(inner);
	for (size_t i = 0; i < 64; i++) {
		uint8_t k = i < CRYPT_RAW_BYTES ? key[i] : 0;

		inner[i] = k ^ 0x36;
		outer[i] = k ^ 0x5C;
	}
	if (n)
		memcpy(inner + 64, p, n);
	assert_int_equal(crypt_hash(CRYPT_SM, inner, 64 + n, &h), OK);
	memcpy(outer + 64, h.v + 1, CRYPT_RAW_BYTES);
	assert_int_equal(crypt_hash(CRYPT_SM, outer, sizeof outer, &h), OK);
	memcpy(ret, h.v + 1, CRYPT_RAW_BYTES);
	free(inner);
}

static void an_hmac_sm3_is_what_its_definition_gives(void **state)
{
	struct dice d = { 1 };
	uint8_t bytes[300], want[CRYPT_RAW_BYTES];

	(void)state;
	for (size_t n = 0; n < sizeof bytes; n++) {
		struct crypt_key k = some_key(CRYPT_SM, n);
		struct crypt_mac mac;

		bytes[n] = (uint8_t)dice_next(&d);
		slow_hmac_sm3(k.v + 1, bytes, n, want);
		assert_int_equal(crypt_mac(&k, bytes, n, &mac), OK);
		assert_memory_equal(mac.v + 1, want, sizeof want);
	}
}

/* RFC 4231, cases 1, 2 and 6; for SM3 the definition, by way of a key of our own. */
static void hmacs_for_others_are_the_published_ones(void **state)
{
	uint8_t key[131], ret[CRYPT_RAW_BYTES], want[CRYPT_RAW_BYTES];

	(void)state;
	memset(key, 0x0b, 20);
	assert_int_equal(crypt_hmac(CRYPT_WORLD, (struct str){ (char *)key, 20 }, STR("Hi There"),
				    ret),
			 OK);
	is_hex(ret, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_int_equal(crypt_hmac(CRYPT_WORLD, STR("Jefe"), STR("what do ya want for nothing?"),
				    ret),
			 OK);
	is_hex(ret, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	assert_int_equal(crypt_hmac(CRYPT_WORLD, (struct str){ (char *)key, sizeof key },
				    STR("Test Using Larger Than Block-Size Key - Hash Key First"),
				    ret),
			 OK);
	is_hex(ret, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	for (size_t n = 0; n < 100; n += 33) {
		slow_hmac_sm3(key, key, n, want);
		assert_int_equal(crypt_hmac(CRYPT_SM, (struct str){ (char *)key, CRYPT_RAW_BYTES },
					    (struct str){ (char *)key, n }, ret),
				 OK);
		assert_memory_equal(ret, want, sizeof ret);
	}
}

static void a_tag_holds_for_its_bytes_and_its_key_alone(void **state)
{
	(void)state;
	FOR_SUITES(s)
	{
		struct crypt_key k = some_key(s, 1), other = some_key(s, 2);
		uint8_t text[] = "who did what";
		struct crypt_mac mac;

		assert_int_equal(crypt_mac(&k, text, sizeof text, &mac), OK);
		assert_int_equal(crypt_mac_check(&k, text, sizeof text, &mac), OK);
		assert_int_equal(crypt_mac_check(&other, text, sizeof text, &mac), ERR_CORRUPT);
		for (size_t i = 0; i < 8 * sizeof text; i++) {
			text[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(crypt_mac_check(&k, text, sizeof text, &mac), ERR_CORRUPT);
			text[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (size_t i = 0; i < 8 * sizeof mac.v; i++) {
			mac.v[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(crypt_mac_check(&k, text, sizeof text, &mac), ERR_CORRUPT);
			mac.v[i / 8] ^= (uint8_t)(1 << i % 8);
		}
	}
}

/* ---- seal ---- */

static void a_seal_of_xchacha_is_the_published_one(void **state)
{
	static const char TEXT[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
				   "only one tip for the future, sunscreen would be it.";
	CLEANUP(buf_release) struct buf out = { 0 };
	struct crypt_key k = { { CRYPT_WORLD } };
	uint8_t with[12], nonce[24];
	struct chance c;

	(void)state;
	chance_begin(&c, 1);
	chance_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", k.v + 1, 32);
	chance_hex("50515253c0c1c2c3c4c5c6c7", with, sizeof with);
	chance_hex("404142434445464748494a4b4c4d4e4f5051525354555657", nonce, sizeof nonce);
	chance_give(&c, nonce, sizeof nonce);
	assert_int_equal(crypt_seal(&k, &c.random, (struct str){ (char *)with, sizeof with },
				    str_of(TEXT), &out),
			 OK);
	assert_int_equal(out.n, 1 + 24 + strlen(TEXT) + 16);
	assert_int_equal(out.p[0], CRYPT_WORLD);
	assert_memory_equal(out.p + 1, nonce, sizeof nonce);
	is_hex(out.p + 25,
	       "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa644"
	       "0bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e"
	       "3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e"
	       "c0875924c1c7987947deafd8780acf49");
}

/* One block of SM4 as it stands in the standard, and counter mode by hand from it. */
static void slow_sm4(const uint8_t *key, const uint8_t *block, uint8_t *ret)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;

	assert_non_null(c);
	assert_true(EVP_EncryptInit_ex(c, EVP_sm4_ecb(), NULL, key, NULL));
	assert_true(EVP_EncryptUpdate(c, ret, &n, block, 16) && n == 16);
	EVP_CIPHER_CTX_free(c);
}

static void slow_sm4_ctr(const uint8_t *key, const uint8_t *nonce, uint8_t *p, size_t n)
{
	uint8_t count[16], pad[16];

	memcpy(count, nonce, sizeof count);
	for (size_t i = 0; i < n; i++) {
		if (i % 16 == 0) {
			slow_sm4(key, count, pad);
			for (int k = 15; k >= 0 && ++count[k] == 0; k--)
				;
		}
		p[i] ^= pad[i % 16];
	}
}

static void a_seal_of_sm4_is_its_parts_put_together_by_hand(void **state)
{
	static const struct str WITH = { "row 17", 6 };
	struct dice d = { 1 };
	uint8_t block[16], out[16];

	(void)state;
	chance_hex("0123456789abcdeffedcba9876543210", block, sizeof block);
	slow_sm4(block, block, out);
	is_hex(out, "681edf34d206965e86b3e94f536e4246");

	for (size_t n = 0; n < 200; n += 7) {
		CLEANUP(buf_release) struct buf blob = { 0 };
		struct crypt_key k = some_key(CRYPT_SM, n);
		uint8_t text[200], want[200], own[32], tagged[16 + 16 + 6 + 200], tag[32];
		struct chance c;

		chance_begin(&c, n);
		for (size_t i = 0; i < n; i++)
			text[i] = want[i] = (uint8_t)dice_next(&d);
		assert_int_equal(crypt_seal(&k, &c.random, WITH, (struct str){ (char *)text, n },
					    &blob),
				 OK);
		assert_int_equal(blob.n, 1 + 16 + n + 32);
		slow_hmac_sm3(k.v + 1, (const uint8_t *)"outpost seal text", 17, own);
		slow_sm4_ctr(own, (uint8_t *)blob.p + 1, want, n);
		assert_memory_equal(blob.p + 17, want, n);

		memset(tagged, 0, sizeof tagged);
		memcpy(tagged, blob.p + 1, 16);
		tagged[16 + 7] = 6;
		tagged[16 + 15] = (uint8_t)n;
		memcpy(tagged + 32, WITH.p, 6);
		memcpy(tagged + 38, want, n);
		slow_hmac_sm3(k.v + 1, (const uint8_t *)"outpost seal tag", 16, own);
		slow_hmac_sm3(own, tagged, 38 + n, tag);
		assert_memory_equal(blob.p + 17 + n, tag, sizeof tag);
	}
}

static void what_was_sealed_opens_and_nothing_else_does(void **state)
{
	(void)state;
	FOR_SUITES(s)
	{
		CLEANUP(buf_release) struct buf blob = { 0 }, back = { 0 };
		struct crypt_key k = some_key(s, 1), other = some_key(s, 2);
		struct str with = STR("row 17"), text = STR("13800138000");

		buf_lit(&blob, "before");
		assert_int_equal(crypt_seal(&k, &crypt_random_system, with, text, &blob), OK);
		assert_true(blob.n <= 6 + text.n + CRYPT_SEALED_MORE_MAX);
		assert_memory_equal(blob.p, "before", 6);
		buf_lit(&back, "kept ");
		struct str whole = { blob.p + 6, blob.n - 6 };

		assert_int_equal(crypt_open(&k, with, whole, &back), OK);
		assert_true(str_eq(buf_view(&back), STR("kept 13800138000")));
		assert_int_equal(crypt_open(&other, with, whole, &back), ERR_CORRUPT);
		assert_int_equal(crypt_open(&k, STR("row 18"), whole, &back), ERR_CORRUPT);
		for (size_t n = 0; n < whole.n; n++)
			assert_int_equal(crypt_open(&k, with, (struct str){ whole.p, n }, &back),
					 ERR_CORRUPT);
		for (size_t i = 0; i < 8 * whole.n; i++) {
			blob.p[6 + i / 8] = (char)(blob.p[6 + i / 8] ^ (1 << i % 8));
			assert_int_not_equal(crypt_open(&k, with, whole, &back), OK);
			blob.p[6 + i / 8] = (char)(blob.p[6 + i / 8] ^ (1 << i % 8));
		}
		assert_true(str_eq(buf_view(&back), STR("kept 13800138000")));
	}
}

static void nothing_can_be_sealed_too_and_two_seals_differ(void **state)
{
	(void)state;
	FOR_SUITES(s)
	{
		CLEANUP(buf_release) struct buf one = { 0 }, two = { 0 }, back = { 0 };
		struct crypt_key k = some_key(s, 1);
		struct str none = STR("");

		assert_int_equal(crypt_seal(&k, &crypt_random_system, none, none, &one), OK);
		assert_int_equal(crypt_seal(&k, &crypt_random_system, none, none, &two), OK);
		assert_false(str_eq(buf_view(&one), buf_view(&two)));
		assert_int_equal(crypt_open(&k, none, buf_view(&one), &back), OK);
		assert_int_equal(back.n, 0);
	}
}

static void one_suite_refuses_what_the_other_made(void **state)
{
	CLEANUP(buf_release) struct buf blob = { 0 }, back = { 0 };
	CLEANUP(crypt_signer_end) struct crypt_signer *world = some_signer(CRYPT_WORLD, 1);
	CLEANUP(crypt_signer_end) struct crypt_signer *sm = some_signer(CRYPT_SM, 1);
	struct crypt_key k = some_key(CRYPT_WORLD, 1), other = some_key(CRYPT_SM, 1);
	struct crypt_key nobody = { { 3 } };
	struct crypt_signature sig;
	struct crypt_mac mac;

	(void)state;
	assert_int_equal(crypt_seal(&k, &crypt_random_system, STR(""), STR("x"), &blob), OK);
	assert_int_equal(crypt_open(&other, STR(""), buf_view(&blob), &back), ERR_CORRUPT);
	blob.p[0] = 3;
	assert_int_equal(crypt_open(&k, STR(""), buf_view(&blob), &back), ERR_VERSION);
	assert_int_equal(crypt_seal(&nobody, &crypt_random_system, STR(""), STR("x"), &blob),
			 ERR_VERSION);
	assert_int_equal(crypt_mac(&nobody, "x", 1, &mac), ERR_VERSION);
	assert_int_equal(crypt_mac(&k, "x", 1, &mac), OK);
	assert_int_equal(crypt_mac_check(&other, "x", 1, &mac), ERR_CORRUPT);
	assert_int_equal(crypt_sign(world, "x", 1, &sig), OK);
	assert_int_equal(crypt_verify(crypt_signer_public(sm), "x", 1, &sig), ERR_CORRUPT);
	assert_false(crypt_suite_known(0) || crypt_suite_known(3));
	assert_string_equal(crypt_suite_word(CRYPT_SM), "sm");
}

/* ---- signatures ---- */

static void signatures_of_ed25519_are_the_published_ones(void **state)
{
	static const struct {
		const char *seed, *public, *text, *signature;
	} KNOWN[] = {
		{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
		  "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
		{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
		  "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
		{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
		  "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(KNOWN); i++) {
		CLEANUP(crypt_signer_end) struct crypt_signer *s = NULL;
		struct crypt_seed seed = { { CRYPT_WORLD } };
		struct crypt_signature sig;
		uint8_t text[8];
		size_t n = chance_hex(KNOWN[i].text, text, sizeof text);

		chance_hex(KNOWN[i].seed, seed.v + 1, CRYPT_RAW_BYTES);
		assert_int_equal(crypt_signer_new(&seed, &s), OK);
		is_hex(crypt_signer_public(s)->v + 1, KNOWN[i].public);
		assert_int_equal(crypt_sign(s, text, n, &sig), OK);
		is_hex(sig.v + 1, KNOWN[i].signature);
	}
}

static void the_published_signature_of_sm2_verifies_under_its_published_key(void **state)
{
	static const char TEXT[] = "message digest";
	CLEANUP(crypt_signer_end) struct crypt_signer *s = NULL;
	struct crypt_seed seed = { { CRYPT_SM } };
	struct crypt_signature sig = { { CRYPT_SM } };

	(void)state;
	chance_hex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8", seed.v + 1,
		   CRYPT_RAW_BYTES);
	assert_int_equal(crypt_signer_new(&seed, &s), OK);
	is_hex(crypt_signer_public(s)->v + 1,
	       "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
	       "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
	chance_hex("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
		   "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
		   sig.v + 1, CRYPT_SIGNATURE_BYTES - 1);
	assert_int_equal(crypt_verify(crypt_signer_public(s), TEXT, strlen(TEXT), &sig), OK);
	sig.v[40] ^= 1;
	assert_int_equal(crypt_verify(crypt_signer_public(s), TEXT, strlen(TEXT), &sig),
			 ERR_CORRUPT);
}

static void a_signature_holds_for_its_bytes_and_its_key_alone(void **state)
{
	(void)state;
	FOR_SUITES(s)
	{
		CLEANUP(crypt_signer_end) struct crypt_signer *signer = some_signer(s, 1);
		CLEANUP(crypt_signer_end) struct crypt_signer *other = some_signer(s, 2);
		struct crypt_public pub = *crypt_signer_public(signer);
		uint8_t text[] = "head 17";
		struct crypt_signature sig;

		assert_int_equal(crypt_sign(signer, text, sizeof text, &sig), OK);
		assert_int_equal(crypt_verify(&pub, text, sizeof text, &sig), OK);
		assert_int_equal(crypt_verify(crypt_signer_public(other), text, sizeof text, &sig),
				 ERR_CORRUPT);
		for (size_t i = 0; i < 8 * sizeof text; i++) {
			text[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(crypt_verify(&pub, text, sizeof text, &sig), ERR_CORRUPT);
			text[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (size_t i = 8; i < 8 * sizeof sig.v; i++) {
			sig.v[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(crypt_verify(&pub, text, sizeof text, &sig), ERR_CORRUPT);
			sig.v[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (size_t i = 8; i < 8 * sizeof pub.v; i++) {
			pub.v[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(crypt_verify(&pub, text, sizeof text, &sig), ERR_CORRUPT);
			pub.v[i / 8] ^= (uint8_t)(1 << i % 8);
		}
	}
}

static void a_signer_of_one_seed_is_the_same_signer(void **state)
{
	(void)state;
	FOR_SUITES(s)
	{
		for (uint64_t seed = 1; seed <= 20; seed++) {
			CLEANUP(crypt_signer_end) struct crypt_signer *a = some_signer(s, seed);
			CLEANUP(crypt_signer_end) struct crypt_signer *b = some_signer(s, seed);
			struct crypt_signature sig;

			assert_memory_equal(crypt_signer_public(a)->v, crypt_signer_public(b)->v,
					    CRYPT_PUBLIC_BYTES);
			assert_int_equal(crypt_sign(a, "x", 1, &sig), OK);
			assert_int_equal(crypt_verify(crypt_signer_public(b), "x", 1, &sig), OK);
		}
	}
}

static void a_seed_that_is_no_secret_of_the_curve_is_not_drawn_and_not_taken(void **state)
{
	/* nought, the order less one, all ones; then one that fits */
	static uint8_t draws[4 * CRYPT_RAW_BYTES];
	struct crypt_signer *signer = NULL;
	struct crypt_seed seed = { { CRYPT_SM } };
	struct chance c;

	(void)state;
	chance_hex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122", draws + 32,
		   32);
	memset(draws + 64, 0xFF, 32);
	memset(draws + 96, 0x11, 32);
	chance_begin(&c, 1);
	chance_give(&c, draws, sizeof draws);
	crypt_seed_new(CRYPT_SM, &c.random, &seed);
	assert_memory_equal(seed.v + 1, draws + 96, CRYPT_RAW_BYTES);
	for (size_t i = 0; i < 3; i++) {
		memcpy(seed.v + 1, draws + 32 * i, 32);
		assert_int_equal(crypt_signer_new(&seed, &signer), ERR_CORRUPT);
	}
	seed.v[0] = 9;
	assert_int_equal(crypt_signer_new(&seed, &signer), ERR_VERSION);
	assert_null(signer);
}

/* ---- small things ---- */

static void equal_wipe_and_chance_do_what_they_say(void **state)
{
	uint8_t a[64], b[64] = { 0 }, zero[64] = { 0 };

	(void)state;
	crypt_random_fill(&crypt_random_system, a, sizeof a);
	crypt_random_fill(&crypt_random_system, b, sizeof b);
	assert_false(crypt_equal(a, b, sizeof a));
	memcpy(b, a, sizeof a);
	assert_true(crypt_equal(a, b, sizeof a));
	crypt_wipe(a, sizeof a);
	assert_memory_equal(a, zero, sizeof a);
}

static void without_memory_there_is_a_refusal_and_nothing_half_done(void **state)
{
	(void)state;
	FOR_SUITES(s)
	{
		bool done = false;

		for (uint64_t k = 1; !done; k++) {
			CLEANUP(buf_release) struct buf blob = { 0 }, back = { 0 };
			CLEANUP(crypt_signer_end) struct crypt_signer *signer = NULL;
			struct crypt_key key = some_key(s, 1);
			struct crypt_seed seed = { { (uint8_t)s, 1 } };
			struct crypt_hash h;
			enum err e;

			mem_fail_at(k, false);
			e = crypt_hash(s, "x", 1, &h);
			if (!e)
				e = crypt_signer_new(&seed, &signer);
			if (!e)
				e = crypt_seal(&key, &crypt_random_system, STR("y"), STR("x"),
					       &blob);
			if (!e)
				e = crypt_open(&key, STR("y"), buf_view(&blob), &back);
			done = mem_calls() < k;
			mem_fail_at(0, false);
			assert_int_equal(e, done ? OK : ERR_MEMORY);
			assert_int_equal(back.n, done ? 1 : 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_the_published_ones),
		cmocka_unit_test(a_hasher_in_pieces_equals_the_whole_and_is_then_as_new),
		cmocka_unit_test(a_keyed_blake2b_is_the_known_one),
		cmocka_unit_test(an_hmac_sm3_is_what_its_definition_gives),
		cmocka_unit_test(hmacs_for_others_are_the_published_ones),
		cmocka_unit_test(a_tag_holds_for_its_bytes_and_its_key_alone),
		cmocka_unit_test(a_seal_of_xchacha_is_the_published_one),
		cmocka_unit_test(a_seal_of_sm4_is_its_parts_put_together_by_hand),
		cmocka_unit_test(what_was_sealed_opens_and_nothing_else_does),
		cmocka_unit_test(nothing_can_be_sealed_too_and_two_seals_differ),
		cmocka_unit_test(one_suite_refuses_what_the_other_made),
		cmocka_unit_test(signatures_of_ed25519_are_the_published_ones),
		cmocka_unit_test(the_published_signature_of_sm2_verifies_under_its_published_key),
		cmocka_unit_test(a_signature_holds_for_its_bytes_and_its_key_alone),
		cmocka_unit_test(a_signer_of_one_seed_is_the_same_signer),
		cmocka_unit_test(a_seed_that_is_no_secret_of_the_curve_is_not_drawn_and_not_taken),
		cmocka_unit_test(equal_wipe_and_chance_do_what_they_say),
		cmocka_unit_test(without_memory_there_is_a_refusal_and_nothing_half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
