// libyaml's events are unions, and its parser points into itself, so both stay in C. Swift gets
// plain values.
#pragma once
#include <stdlib.h>
#include <yaml.h>

/// The content of an event. `text` is valid until `yaml_event_delete`.
struct berth_yaml_view {
    size_t line;
    _Bool has_anchor, has_tag, is_plain;
    const unsigned char *text;
    size_t length;
};

/// Makes a parser over `count` bytes, which must outlive it. Returns NULL if there is no memory.
static inline yaml_parser_t *berth_yaml_open(const unsigned char *bytes, size_t count) {
    yaml_parser_t *parser = calloc(1, sizeof *parser);
    if (parser && !yaml_parser_initialize(parser)) {
        free(parser);
        return NULL;
    }
    if (parser) yaml_parser_set_input_string(parser, bytes, count);
    return parser;
}

static inline void berth_yaml_close(yaml_parser_t *parser) {
    yaml_parser_delete(parser);
    free(parser);
}

static inline struct berth_yaml_view berth_yaml_look(const yaml_event_t *event) {
    struct berth_yaml_view view = {.line = event->start_mark.line + 1};
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        view.has_anchor = event->data.scalar.anchor != NULL;
        view.has_tag = event->data.scalar.tag != NULL;
        view.is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        view.text = event->data.scalar.value;
        view.length = event->data.scalar.length;
        break;
    case YAML_SEQUENCE_START_EVENT:
        view.has_anchor = event->data.sequence_start.anchor != NULL;
        view.has_tag = event->data.sequence_start.tag != NULL;
        break;
    case YAML_MAPPING_START_EVENT:
        view.has_anchor = event->data.mapping_start.anchor != NULL;
        view.has_tag = event->data.mapping_start.tag != NULL;
        break;
    default: break;
    }
    return view;
}

/// The reason why the parser stopped. It is a constant of libyaml and never a part of the file.
static inline const char *berth_yaml_problem(const yaml_parser_t *parser) {
    return parser->problem ? parser->problem : "out of memory";
}

/// The line at which it stopped, from 1, or 0 if only `berth_yaml_problem_offset` is known.
static inline size_t berth_yaml_problem_line(const yaml_parser_t *parser) {
    return parser->error == YAML_READER_ERROR ? 0 : parser->problem_mark.line + 1;
}

static inline size_t berth_yaml_problem_offset(const yaml_parser_t *parser) {
    return parser->problem_offset;
}
