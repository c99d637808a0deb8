/*
 * render_text.c - what suits the stream: the story on a terminal, else records; for
 * what was measured, a table everywhere, for CI logs are read by people.
 */
#include "cli/figures.h"
#include "cli/render.h"

extern const struct renderer renderer_story, renderer_records;

static const struct renderer *
suited(const struct view *v)
{
	return v->style->tty ? &renderer_story : &renderer_records;
}

static void
text_event(FILE *out, const struct view *v, const struct event *e)
{
	suited(v)->event(out, v, e);
}

static void
text_render(FILE *out, const struct view *v)
{
	if (v->result->measured)
		figures_text(out, v);
	else
		suited(v)->render(out, v);
}

const struct renderer renderer_text = {
	.name = "text",
	.summary =
		"story on a terminal, records when piped; a table of what was measured",
	.live = true,
	.joins = true,
	.event = text_event,
	.render = text_render,
};
