/* source_part.h - what the files source*.c share among themselves. */
#ifndef ENGINE_TRACE_SOURCE_PART_H
#define ENGINE_TRACE_SOURCE_PART_H
#include "engine/trace/source.h"

/* Fill out->person and out->encounter. face: per case, a number that stands for its person. */
MUST_CHECK enum err trace_source_people(const struct trace_view *v,
					const struct trace_source_ask *ask, const uint32_t *face,
					struct arena *a, struct trace_sources *out,
					struct fault *f);
#endif
