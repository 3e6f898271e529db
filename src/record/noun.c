/* noun.c - what can be said of a noun from its declaration alone. */
#include "record/record.h"

#include <string.h>

#include "base/ban.h"

size_t choice_find(const struct choice *v, size_t n, struct str word)
{
	for (size_t i = 1; i < n; i++)
		if (str_eq(word, str_of(v[i].word)))
			return i;
	return 0;
}

const char *field_type_word(enum field_type t)
{
	static const char *const words[FIELD_TYPE_N] = {
		[FIELD_TEXT] = "text",  [FIELD_LONG] = "long",       [FIELD_PHONE] = "phone",
		[FIELD_I64] = "number", [FIELD_BOOL] = "bool",       [FIELD_CHOICE] = "choice",
		[FIELD_TIME] = "time",  [FIELD_DATE] = "date",       [FIELD_AREA] = "area",
		[FIELD_REF] = "ref",    [FIELD_SUBJECT] = "subject",
	};

	assert(t < FIELD_TYPE_N);
	return words[t];
}

const char *field_see_word(enum field_see s)
{
	static const char *const words[SEE_N] = {
		[SEE_PUBLIC] = "public", [SEE_AREA] = "area",   [SEE_OFFICIAL] = "official",
		[SEE_CDC] = "cdc",       [SEE_VAULT] = "vault",
	};

	assert(s < SEE_N);
	return words[s];
}

const struct field *noun_field(const struct noun *n, struct str name)
{
	for (size_t i = 0; i < n->n_fields; i++)
		if (str_eq(str_of(n->field[i].name), name))
			return &n->field[i];
	return NULL;
}

const struct field *noun_label(const struct noun *n)
{
	if (n->label)
		return noun_field(n, str_of(n->label));
	for (size_t i = 0; i < n->n_fields; i++)
		if (n->field[i].type == FIELD_TEXT && (n->field[i].flags & FIELD_REQUIRED))
			return &n->field[i];
	return NULL;
}

const struct step *noun_step(const struct noun *n, int state, struct str event)
{
	for (size_t i = 0; i < n->n_steps; i++)
		if (n->step[i].from == state && str_eq(str_of(n->step[i].event), event))
			return &n->step[i];
	return NULL;
}

const struct step *noun_beginning(const struct noun *n)
{
	for (size_t i = 0; i < n->n_steps; i++)
		if (n->step[i].from == 0)
			return &n->step[i];
	return NULL; /* noun_check would not have let it pass */
}

bool noun_closed(const struct noun *n, int state)
{
	for (size_t i = 0; i < n->n_steps; i++)
		if (n->step[i].from == state)
			return false;
	return true;
}

void noun_blank(const struct noun *n, void *row)
{
	const int64_t none = FIELD_NONE;

	memset(row, 0, n->bytes);
	for (size_t i = 0; i < n->n_fields; i++) {
		enum field_type t = n->field[i].type;

		if (t == FIELD_I64 || t == FIELD_TIME || t == FIELD_DATE)
			memcpy((char *)row + n->field[i].at, &none, sizeof none);
	}
}

/* ---- does it hold together? ----------------------------------------------------------------- */

static bool is_word(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	return n > 0 && n < 40 && s[0] != '_' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static bool is_label(const char *zh, const char *en)
{
	return zh && zh[0] && en && en[0];
}

static enum err wrong(struct fault *f, const struct noun *n, const char *what, const char *which)
{
	return fault_set(f, ERR_BUG, "对象 %s 的声明有误：%s（%s）",
			 "noun %s is declared wrongly: %s (%s)", n->name ? n->name : "?", what,
			 which ? which : "?");
}

static bool words_hold(const struct choice *c, size_t n)
{
	if (!c || n < 2 || c[0].word)
		return false;
	for (size_t i = 1; i < n; i++) {
		if (!is_word(c[i].word) || !is_label(c[i].zh, c[i].en))
			return false;
		for (size_t k = 1; k < i; k++)
			if (strcmp(c[k].word, c[i].word) == 0)
				return false;
	}
	return true;
}

/* Columns and query words that every noun has, so that no field may be called like them. */
static const char *const taken[] = {
	"id", "county", "area",  "version", "state",   "created_at", "updated_at", "created_by",
	"q",  "after",  "limit", "format",  "mapping", "dry_run",    "columns"
};

static enum err check_field(const struct noun *n, size_t i, struct fault *f)
{
	const struct field *x = &n->field[i];
	bool text = x->type == FIELD_TEXT || x->type == FIELD_LONG || x->type == FIELD_PHONE;
	bool number = x->type == FIELD_I64 || x->type == FIELD_TIME || x->type == FIELD_DATE;

	if (!is_word(x->name))
		return wrong(f, n, "a field's name is no word", x->name);
	for (size_t k = 0; k < ARRAY_LEN(taken); k++)
		if (strcmp(taken[k], x->name) == 0)
			return wrong(f, n, "a field's name is taken", x->name);
	for (size_t k = 0; k < i; k++)
		if (strcmp(n->field[k].name, x->name) == 0)
			return wrong(f, n, "a field stands there twice", x->name);
	if (!is_label(x->zh, x->en) || !x->hint_zh != !x->hint_en)
		return wrong(f, n, "a label is missing", x->name);
	if (x->at < sizeof(struct record) || x->at >= n->bytes)
		return wrong(f, n, "a field lies outside its struct", x->name);
	if (x->see >= SEE_N || (x->see == SEE_VAULT && (x->flags || !text || !n->gate)))
		return wrong(f, n, "what is the vault's only passes through a gate", x->name);
	if (x->type == FIELD_SUBJECT && (x->see == SEE_PUBLIC || !(x->flags & FIELD_SERVER)))
		return wrong(f, n, "whom it is about is not for everybody to say", x->name);
	if ((x->type == FIELD_CHOICE) != (x->choice != NULL) ||
	    (x->type == FIELD_CHOICE && !words_hold(x->choice, x->n_choices)))
		return wrong(f, n, "choices do not hold", x->name);
	if ((x->type == FIELD_REF) != is_word(x->refers))
		return wrong(f, n, "a reference says to what", x->name);
	if (x->min > x->max || (!number && x->min < 0))
		return wrong(f, n, "limits do not hold", x->name);
	if ((x->flags & FIELD_SEARCH) && n->gate)
		return wrong(f, n, "rows of a gate are not searched", x->name);
	if ((x->flags & FIELD_SEARCH) && x->type != FIELD_TEXT)
		return wrong(f, n, "only one line of text can be searched", x->name);
	if ((x->flags & FIELD_SERVER) && (x->flags & (FIELD_REQUIRED | FIELD_KEY)))
		return wrong(f, n, "what the server sets cannot be asked for", x->name);
	return OK;
}

static enum err check_step(const struct noun *n, size_t i, struct fault *f)
{
	const struct step *s = &n->step[i];
	size_t outs = 0;

	if (!is_word(s->event) || !is_label(s->zh, s->en))
		return wrong(f, n, "a step has no event or label", s->event);
	if (s->from < 0 || (size_t)s->from >= n->n_states || s->to < 1 ||
	    (size_t)s->to >= n->n_states)
		return wrong(f, n, "a step leads nowhere", s->event);
	if (!s->guard != !is_label(s->why_zh, s->why_en))
		return wrong(f, n, "a guard says why it refuses", s->event);
	if (noun_step(n, s->from, str_of(s->event)) != s)
		return wrong(f, n, "a step stands there twice", s->event);
	for (size_t k = 0; k < n->n_steps; k++)
		outs += n->step[k].from == 0;
	if (outs != 1)
		return wrong(f, n, "there is one beginning", s->event);
	return OK;
}

/* What goes to the vault comes back as one number: there is one place to keep it. */
static enum err check_subject(const struct noun *n, struct fault *f)
{
	size_t subjects = 0, vault = 0;

	for (size_t i = 0; i < n->n_fields; i++) {
		subjects += n->field[i].type == FIELD_SUBJECT;
		vault += !field_kept(&n->field[i]);
	}
	if (vault && subjects != 1)
		return wrong(f, n, "what is the vault's has one subject", n->name);
	return OK;
}

/* Every state can be reached, walking the steps until nothing new is found. */
static enum err check_reach(const struct noun *n, struct fault *f)
{
	uint64_t seen = 1, before = 0;

	if (n->n_states > 64)
		return wrong(f, n, "more than 63 states", n->name);
	while (seen != before) {
		before = seen;
		for (size_t i = 0; i < n->n_steps; i++)
			if (seen >> n->step[i].from & 1)
				seen |= (uint64_t)1 << n->step[i].to;
	}
	for (size_t i = 1; i < n->n_states; i++)
		if (!(seen >> i & 1))
			return wrong(f, n, "a state that nothing leads to", n->state[i].word);
	return OK;
}

enum err noun_check(const struct noun *n, struct fault *f)
{
	enum err e;

	if (!is_word(n->name) || !is_word(n->path) || !is_label(n->zh, n->en) ||
	    !is_label(n->zh, n->en_many))
		return wrong(f, n, "it has no name", n->path);
	if (n->bytes < sizeof(struct record) || n->n_fields == 0 || n->n_fields > NOUN_FIELDS_MAX)
		return wrong(f, n, "it has no fields", n->path);
	if (!n->read || !n->write)
		return wrong(f, n, "nobody is said to read or write it", n->path);
	if ((n->label || n->named) && (!noun_label(n) || noun_label(n)->type != FIELD_TEXT))
		return wrong(f, n, "what names a row is no text", n->label ? n->label : n->path);
	if (!words_hold(n->state, n->n_states) || n->n_steps == 0)
		return wrong(f, n, "its states do not hold", n->path);
	for (size_t i = 0; i < n->n_fields; i++)
		if ((e = check_field(n, i, f)))
			return e;
	for (size_t i = 0; i < n->n_steps; i++)
		if ((e = check_step(n, i, f)))
			return e;
	return (e = check_subject(n, f)) ? e : check_reach(n, f);
}
