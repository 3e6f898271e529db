/* shape.c - see shape.h. */
#include "grid/shape.h"

#include <string.h>

#include "base/json_read.h"
#include "grid/shape_inside.h"

#include "base/ban.h"

enum { TEXTS_BUDGET_BYTES = 64 << 20, TREE_BUDGET_BYTES = 1 << 30, NAME_BYTES_MAX = 400 };

static const struct json_limits limits = { SHAPE_FILE_BYTES_MAX, 12000000, 12 };

enum err shapes_new(struct shapes **ret)
{
	struct shapes *s = mem_take(1, sizeof *s);
	enum err e;

	if (!s)
		return ERR_MEMORY;
	e = arena_new(TEXTS_BUDGET_BYTES, &s->texts);
	if (e)
		shapes_end(&s);
	else
		*ret = s;
	return e;
}

void shapes_end(struct shapes **s)
{
	if (!*s)
		return;
	arena_free((*s)->texts);
	vec_drop(&(*s)->points);
	vec_drop(&(*s)->rings);
	vec_drop(&(*s)->features);
	mem_drop(*s);
	*s = NULL;
}

size_t shapes_n(const struct shapes *s)
{
	return s->features.n;
}

struct shape shapes_at(const struct shapes *s, size_t i)
{
	assert(i < s->features.n);
	return s->features.v[i].say;
}

size_t shapes_points(const struct shapes *s, size_t i)
{
	const struct feature *x = &s->features.v[i];
	size_t n = 0;

	for (size_t r = 0; r < x->n_rings; r++)
		n += s->rings.v[x->first_ring + r].n;
	return n;
}

void shapes_group(struct shapes *s, size_t i, int group)
{
	assert(i < s->features.n);
	s->features.v[i].group = group;
}

/* ---- in -------------------------------------------------------------------------------------- */

struct unfit {
	const char *zh, *en;
};
static const struct unfit no_polygon = { "几何不是多边形（Polygon、MultiPolygon）",
					 "its geometry is no Polygon or MultiPolygon" };
static const struct unfit no_degrees = { "坐标不是经纬度（WGS 84 的度）",
					 "its coordinates are no longitudes and latitudes" };
static const struct unfit no_extent = { "多边形太小，画不出来", "it is too small to be drawn" };

static bool degrees(const struct json_node *n, double most, int32_t *ret)
{
	if ((n->is != JSON_IS_INT && n->is != JSON_IS_REAL) || n->f < -most || n->f > most)
		return false;
	*ret = (int32_t)(n->f * SHAPE_DEGREE + (n->f < 0 ? -0.5 : 0.5));
	return true;
}

/* A ring without the points that repeat the one before; none if it has no extent. */
static enum err read_ring(struct shapes *s, const struct json_node *ring, bool opens,
			  const struct unfit **ret_unfit)
{
	size_t first = s->points.n, n;
	enum err e;

	if (ring->is != JSON_IS_LIST)
		*ret_unfit = &no_polygon;
	for (size_t i = 0; ring->is == JSON_IS_LIST && i < ring->n; i++) {
		const struct json_node *at = &ring->items[i];
		struct point p;

		if (at->is != JSON_IS_LIST || at->n < 2 || !degrees(&at->items[0], 180, &p.x) ||
		    !degrees(&at->items[1], 90, &p.y)) {
			*ret_unfit = &no_degrees;
			return OK;
		}
		if (s->points.n > first && point_same(s->points.v[s->points.n - 1], p))
			continue;
		if ((e = vec_push(&s->points, p)))
			return e;
	}
	while (s->points.n > first + 1 &&
	       point_same(s->points.v[first], s->points.v[s->points.n - 1]))
		s->points.n--;
	n = s->points.n - first;
	if (n < 3) {
		s->points.n = first;
		return OK;
	}
	return vec_push(&s->rings, ((struct ring){ first, n, opens }));
}

/* Holes of an outline that came to nothing come to nothing with it. */
static enum err read_polygon(struct shapes *s, const struct json_node *polygon,
			     const struct unfit **ret_unfit)
{
	size_t before = s->rings.n;
	enum err e = OK;

	if (polygon->is != JSON_IS_LIST)
		*ret_unfit = &no_polygon;
	for (size_t i = 0; !e && polygon->is == JSON_IS_LIST && i < polygon->n && !*ret_unfit; i++)
		if (i == 0 || s->rings.n > before)
			e = read_ring(s, &polygon->items[i], i == 0, ret_unfit);
	return e;
}

static bool is_word(const struct json_node *n, const char *word)
{
	return n && n->is == JSON_IS_TEXT && str_eq(n->text, str_of(word));
}

static enum err read_geometry(struct shapes *s, const struct json_node *geometry,
			      const struct unfit **ret_unfit)
{
	const struct json_node *type, *at;
	enum err e = OK;

	if (!geometry || geometry->is != JSON_IS_MAP) {
		*ret_unfit = &no_polygon;
		return OK;
	}
	type = json_at(geometry, "type");
	at = json_at(geometry, "coordinates");
	if (at && is_word(type, "Polygon"))
		return read_polygon(s, at, ret_unfit);
	if (!at || at->is != JSON_IS_LIST || !is_word(type, "MultiPolygon"))
		*ret_unfit = &no_polygon;
	for (size_t i = 0; !e && !*ret_unfit && i < at->n; i++)
		e = read_polygon(s, &at->items[i], ret_unfit);
	return e;
}

/* A code written as a number or as a text. */
static bool read_code(const struct json_node *n, struct area_code *ret)
{
	CLEANUP(buf_release) struct buf digits = { 0 };

	if (!n || (n->is != JSON_IS_TEXT && n->is != JSON_IS_INT))
		return false;
	if (n->is == JSON_IS_TEXT)
		return area_parse(n->text, ret) == OK;
	buf_i64(&digits, n->i);
	return !digits.failed && area_parse(buf_view(&digits), ret) == OK;
}

static enum err read_names(struct shapes *s, const struct json_node *x, struct shape *ret)
{
	static const char *const codes[] = { "code", "adcode", "id" };
	static const char *const names[] = { "zh", "name", "shapeName" };
	const struct json_node *map = json_at(x, "properties"), *n;

	for (size_t i = 0; map && map->is == JSON_IS_MAP && i < ARRAY_LEN(codes); i++) {
		ret->coded = ret->coded || read_code(json_at(map, codes[i]), &ret->code);
		n = json_at(map, names[i]);
		if (!ret->name.n && n && n->is == JSON_IS_TEXT && n->text.n <= NAME_BYTES_MAX)
			ret->name = n->text;
	}
	ret->coded = ret->coded || read_code(json_at(x, "id"), &ret->code);
	ret->name.p = arena_copy(s->texts, ret->name.p ? ret->name.p : "", ret->name.n);
	return ret->name.p ? OK : ERR_MEMORY;
}

static enum err read_feature(struct shapes *s, const struct json_node *x)
{
	struct feature new = { .first_ring = s->rings.n };
	size_t n_points = s->points.n;
	const struct unfit *unfit = NULL;
	enum err e;

	if (x->is == JSON_IS_MAP) {
		if ((e = read_names(s, x, &new.say)) ||
		    (e = read_geometry(s, json_at(x, "geometry"), &unfit)))
			return e;
	} else {
		unfit = &no_polygon;
	}
	new.n_rings = s->rings.n - new.first_ring;
	if (!unfit && !new.n_rings)
		unfit = &no_extent;
	if (unfit) {
		s->points.n = n_points;
		s->rings.n = new.first_ring;
		new.n_rings = 0;
		new.say.unfit_zh = unfit->zh;
		new.say.unfit_en = unfit->en;
	}
	return vec_push(&s->features, new);
}

enum err shapes_read(struct shapes *s, struct str geojson, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const size_t was[] = { s->points.n, s->rings.n, s->features.n };
	const struct json_node *top, *list;
	enum err e = arena_new(TREE_BUDGET_BYTES, &a);

	if (e || (e = json_read(geojson, &limits, a, &top, f)))
		return e;
	list = top->is == JSON_IS_MAP ? json_at(top, "features") : NULL;
	if (top->is == JSON_IS_MAP && is_word(json_at(top, "type"), "Feature"))
		return read_feature(s, top);
	if (!list || list->is != JSON_IS_LIST ||
	    !is_word(json_at(top, "type"), "FeatureCollection"))
		return fault_set(f, ERR_SYNTAX, "不是 GeoJSON：应为 FeatureCollection 或 Feature",
				 "this is no GeoJSON: neither a FeatureCollection nor a Feature");
	for (size_t i = 0; !e && i < list->n; i++)
		e = read_feature(s, &list->items[i]);
	if (e) {
		s->points.n = was[0];
		s->rings.n = was[1];
		s->features.n = was[2];
	}
	return e;
}

/* ---- out ------------------------------------------------------------------------------------ */

static void put_degrees(struct buf *out, int32_t v)
{
	int32_t rest = v < 0 ? -v : v, part = rest % SHAPE_DEGREE;

	if (v < 0)
		buf_char(out, '-');
	buf_i64(out, rest / SHAPE_DEGREE);
	if (part)
		buf_char(out, '.');
	for (int32_t unit = SHAPE_DEGREE / 10; part; unit /= 10) {
		buf_char(out, (char)('0' + part / unit));
		part %= unit;
	}
}

static void put_point(struct buf *out, struct point p)
{
	buf_char(out, '[');
	put_degrees(out, p.x);
	buf_char(out, ',');
	put_degrees(out, p.y);
	buf_char(out, ']');
}

enum err shapes_write(const struct shapes *s, const size_t *v, size_t n, struct buf *out)
{
	bool filled = false;

	buf_lit(out, "{\"type\":\"MultiPolygon\",\"coordinates\":[");
	for (size_t i = 0; i < n; i++) {
		const struct feature *x = &s->features.v[v[i]];

		for (size_t k = 0; k < x->n_rings; k++) {
			const struct ring *r = &s->rings.v[x->first_ring + k];

			buf_lit(out, !filled ? "[[" : r->opens ? "],[[" : ",[");
			filled = true;
			for (size_t j = 0; j <= r->n; j++) {
				if (j)
					buf_char(out, ',');
				put_point(out, s->points.v[r->first + j % r->n]);
			}
			buf_char(out, ']');
		}
	}
	buf_lit(out, filled ? "]]}" : "]}");
	return out->failed;
}
