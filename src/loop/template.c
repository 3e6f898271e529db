/* template.c - see template.h. */
#include "loop/template.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"

#include "base/ban.h"

enum escape { AS_JSON, AS_FORM, AS_XML, AS_IT_IS };

struct piece {
	size_t from, n; /* of the text; n 0: a field */
	enum template_field field;
};
struct template
{
	char *text;
	size_t n;
	enum escape escape;
	VEC(struct piece) pieces;
	bool has[TEMPLATE_FIELD_N];
};

static const char *const words[TEMPLATE_FIELD_N] = {
	[TEMPLATE_TO] = "to",           [TEMPLATE_TEXT] = "text",
	[TEMPLATE_SUBJECT] = "subject", [TEMPLATE_COUNT] = "count",
	[TEMPLATE_URGENT] = "urgent",   [TEMPLATE_MESSAGE] = "message",
	[TEMPLATE_TASK] = "task",       [TEMPLATE_KIND] = "kind",
	[TEMPLATE_AREA] = "area",       [TEMPLATE_DEADLINE] = "deadline",
	[TEMPLATE_LINK] = "link",       [TEMPLATE_LANGUAGE] = "language",
};

const char *template_field_word(enum template_field f)
{
	assert(f < TEMPLATE_FIELD_N);
	return words[f];
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool escape_of(const char *type, enum escape *ret)
{
	static const struct {
		const char *type;
		enum escape as;
	} types[] = { { "application/json", AS_JSON },
		      { "application/x-www-form-urlencoded", AS_FORM },
		      { "application/xml", AS_XML },
		      { "text/xml", AS_XML },
		      { "text/plain", AS_IT_IS } };
	size_t n = strcspn(type, "; ");

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strlen(types[i].type) == n && strncasecmp(type, types[i].type, n) == 0) {
			*ret = types[i].as;
			return true;
		}
	return false;
}

static int line_of(struct str text, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += text.p[i] == '\n';
	return line;
}

static enum err add_text(struct template *t, size_t from, size_t to)
{
	const struct piece p = { from, to - from, TEMPLATE_FIELD_N };

	return to > from ? vec_push(&t->pieces, p) : OK;
}

/* text[at..] is "$...": what it stands for, and where it ends. */
static enum err read_dollar(struct template *t, struct str text, size_t at, size_t *ret_end,
			    struct fault *f)
{
	const char *end;
	struct str word;

	if (at + 1 < text.n && text.p[at + 1] == '$') {
		*ret_end = at + 2;
		return add_text(t, at, at + 1);
	}
	end = at + 1 < text.n && text.p[at + 1] == '{' ? memchr(text.p + at, '}', text.n - at)
						       : NULL;
	if (!end)
		return fault_set(f, ERR_SYNTAX,
				 "模板第 %d 行：$ 后面应为 {字段}，要写美元符号请写 $$",
				 "line %d of the template: $ is followed by {field}; $$ is a "
				 "dollar sign",
				 line_of(text, at));
	word = (struct str){ text.p + at + 2, (size_t)(end - text.p) - at - 2 };
	for (int i = 0; i < TEMPLATE_FIELD_N; i++)
		if (str_eq(word, str_of(words[i]))) {
			const struct piece p = { 0, 0, (enum template_field)i };

			t->has[i] = true;
			*ret_end = (size_t)(end - text.p) + 1;
			return vec_push(&t->pieces, p);
		}
	return fault_set(f, ERR_SYNTAX, "模板第 %d 行：没有 %.*s 这个字段",
			 "line %d of the template: there is no field %.*s", line_of(text, at),
			 (int)min_size(word.n, 40), word.p);
}

static enum err read_pieces(struct template *t, struct str text, struct fault *f)
{
	size_t from = 0, at = 0;
	enum err e = OK;

	while (at < text.n && !e) {
		if (text.p[at] != '$') {
			at++;
			continue;
		}
		if (!(e = add_text(t, from, at)))
			e = read_dollar(t, text, at, &at, f);
		from = at;
	}
	return e ? e : add_text(t, from, text.n);
}

enum err template_read(struct str text, const char *type, struct template **ret, struct fault *f)
{
	CLEANUP(template_end) struct template *t = mem_take(1, sizeof *t);
	enum err e;

	if (!t)
		return ERR_MEMORY;
	if (!escape_of(type, &t->escape))
		return fault_set(f, ERR_TYPE, "不知道怎样把字段写进 %.60s",
				 "nobody knows how fields are written into %.60s", type);
	if (text.n > TEMPLATE_BYTES_MAX)
		return fault_set(f, ERR_TOO_LARGE, "模板超过 %d 字节",
				 "the template has more than %d bytes", TEMPLATE_BYTES_MAX);
	if (!str_utf8(text) || memchr(text.p ? text.p : "", '\0', text.n))
		return fault_set(f, ERR_ENCODING, "模板应为 UTF-8 文本", "a template is UTF-8");
	if (!(t->text = mem_take(text.n + 1, 1)))
		return ERR_MEMORY;
	if (text.n)
		memcpy(t->text, text.p, text.n);
	t->n = text.n;
	if ((e = read_pieces(t, text, f)))
		return e;
	*ret = t;
	t = NULL;
	return OK;
}

void template_end(struct template **template)
{
	struct template *t = *template;

	if (!t)
		return;
	vec_drop(&t->pieces);
	mem_drop(t->text);
	mem_drop(t);
	*template = NULL;
}

bool template_has(const struct template *t, enum template_field f)
{
	return t->has[f];
}

/* ---- filling --------------------------------------------------------------------------------- */

static void as_json(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\') {
			buf_char(out, '\\');
			buf_char(out, (char)c);
		} else if (c == '\n') {
			buf_lit(out, "\\n");
		} else if (c < ' ') {
			buf_fmt(out, "\\u%04x", c);
		} else {
			buf_char(out, (char)c);
		}
	}
}

static void as_form(struct str s, struct buf *out)
{
	static const char plain[] =
		"-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
		"xyz";

	for (size_t i = 0; i < s.n; i++)
		if (memchr(plain, s.p[i], sizeof plain - 1))
			buf_char(out, s.p[i]);
		else
			buf_fmt(out, "%%%02X", (unsigned)(unsigned char)s.p[i]);
}

static void as_xml(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&': buf_lit(out, "&amp;"); break;
		case '<': buf_lit(out, "&lt;"); break;
		case '>': buf_lit(out, "&gt;"); break;
		case '"': buf_lit(out, "&quot;"); break;
		case '\'': buf_lit(out, "&apos;"); break;
		default:
			if ((unsigned char)s.p[i] >= ' ' || s.p[i] == '\n' || s.p[i] == '\t')
				buf_char(out, s.p[i]);
		}
}

void template_fill(const struct template *t, const struct str value[TEMPLATE_FIELD_N],
		   struct buf *out)
{
	for (size_t i = 0; i < t->pieces.n; i++) {
		const struct piece *p = &t->pieces.v[i];

		if (p->n) {
			buf_put(out, t->text + p->from, p->n);
			continue;
		}
		switch (t->escape) {
		case AS_JSON: as_json(value[p->field], out); break;
		case AS_FORM: as_form(value[p->field], out); break;
		case AS_XML: as_xml(value[p->field], out); break;
		case AS_IT_IS: buf_str(out, value[p->field]); break;
		}
	}
}
