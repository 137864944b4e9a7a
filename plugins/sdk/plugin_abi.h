/* Samband plugin ABI 1.0. Plain C11 (C++20 clean); includes nothing of Samband's.
 *
 * Remotable: every argument is a fixed-width integer, a borrowed view, or a struct of those, so that every call fits a
 * socket and the same module runs in-process or in a confined child. Views live until the call that passed them
 * returns; neither side frees the other's memory; results go through the host's sink. Nothing unwinds across.
 * Every struct begins with struct_size; fields are only appended; the smaller size wins.
 * Threads: the host never runs two calls on one adapter at once. An adapter does no I/O and reads no clock. */
#ifndef SAMBAND_PLUGIN_ABI_H
#define SAMBAND_PLUGIN_ABI_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define HUB_ABI_MAGIC 0x31425548u /* "HUB1" */
#define HUB_ABI_MAJOR 1
#define HUB_ABI_MINOR 0

typedef struct {
  const uint8_t* ptr;
  uint64_t len;
} hub_bytes; /* frozen value types, no size field */
typedef struct {
  const char* ptr;
  uint64_t len;
} hub_str; /* UTF-8, not NUL-terminated */

/* Statuses, named by remedy. */
#define HUB_OK 0
#define HUB_INVALID_INPUT 1  /* the sender must change the message */
#define HUB_INVALID_CONFIG 2 /* the operator must change the configuration */
#define HUB_UNSUPPORTED 3
#define HUB_RETRY 4         /* later */
#define HUB_REJECTED 5      /* the peer said no for good */
#define HUB_INTERNAL 6      /* a bug in the plugin */
#define HUB_PLUGIN_LOST 100 /* host-made only */
#define HUB_TIMED_OUT 101   /* host-made only */

typedef struct {
  uint32_t struct_size;
  int32_t status;
  char where[64];    /* JSON pointer, "line:column" or a stage; never a value */
  char message[184]; /* about the shape, never about the person */
} hub_error;

/* Bytes on the wire, in or out, and the event that a conversation receives. */
typedef struct {
  uint32_t struct_size;
  uint32_t flags; /* for HUB_EVENT_HTTP_RESPONSE: the HTTP status */
  hub_str media_type;
  hub_str headers_json; /* JSON object of lower-case names, or empty */
  hub_bytes body;
} hub_wire;

/* Conversations. */
#define HUB_CONVERSATION_DELIVER 1 /* deliver one exchange */
#define HUB_CONVERSATION_POLL 2    /* poll a source */
#define HUB_CONVERSATION_RECALL 3  /* tell the recipient that an exchange is recalled */

/* Events. */
#define HUB_EVENT_STARTED 1
#define HUB_EVENT_HTTP_RESPONSE 2
#define HUB_EVENT_FILE 3
#define HUB_EVENT_TIMED_OUT 4 /* the request may or may not have been acted on: reconcile by query */
#define HUB_EVENT_RESUMED 5   /* the hub restarted; the last action may or may not have been performed */

/* Actions. */
#define HUB_ACTION_HTTP 1 /* request to a named endpoint of the operator's configuration */
#define HUB_ACTION_PUT_FILE 2
#define HUB_ACTION_WAIT 3      /* wait_ms, then HUB_EVENT_STARTED again with the state */
#define HUB_ACTION_DELIVERED 4 /* reference = the recipient's own reference */
#define HUB_ACTION_REJECTED 5  /* reason = code */
#define HUB_ACTION_RETRY 6     /* after wait_ms (0 = the hub's back-off); reason = code */

typedef struct {
  uint32_t struct_size;
  uint32_t kind;
  hub_str endpoint; /* "" = the party's endpoint */
  hub_str method, path, headers_json;
  hub_bytes body;
  uint64_t wait_ms;
  hub_str reference, reason;
} hub_action;

typedef struct {
  uint32_t struct_size;
  uint32_t reserved;
  void* ctx;
  void (*message)(void* ctx, hub_str canonical_json); /* decode: once per canonical message; step: "emit messages" */
  void (*state)(void* ctx, hub_bytes state);          /* step: new state bytes; not called = state is empty */
  void (*action)(void* ctx, const hub_action*);       /* step: exactly once */
  void (*reply)(void* ctx, const hub_wire*);          /* call(): result bytes */
  void (*log)(void* ctx, int32_t level, hub_str event, hub_str fields_json); /* no personal data */
} hub_sink;

/* Extension operations of call(), by number. */
#define HUB_OP_RENDER_ANSWER                                                                         \
  1 /* in: JSON: the hub's answer (docs/agency-api.md), or for a refused message                     \
       {"answer": problem document, "request": {"mediaType", "body", "receivedAt"}}: in the sender's \
       own format. Optional: UNSUPPORTED = the hub answers with its JSON. */

typedef struct {
  uint32_t struct_size;
  uint32_t reserved;
  void* self;
  /* The sender's bytes -> canonical messages (docs/vocabulary.md). A file of rows that each stand alone: every text has
     "sambandrow": its line number, beside the members of a canonical message, or beside "sambandproblem":
     {"where","detail"} for a row that cannot be read; then all of them have. */
  int32_t (*decode)(void* self, const hub_wire*, const hub_sink*, hub_error*);
  /* One step of a conversation. exchange_json: {"exchangeId","messageId","conversationId","sender","recipient",
     "kind","purpose","createdAt","now","data"}; sender and recipient are {"party","name","participantId",
     "functionalAddress","organisationNumber"}; data with released fields only. Beside them
     "consents", where it rests on some: those that its decision used (docs/plugins/abi.md). */
  int32_t (*step)(void* self, uint32_t conversation_kind, hub_str exchange_json, hub_bytes state, uint32_t event_kind,
                  const hub_wire* event, const hub_sink*, hub_error*);
  int32_t (*call)(void* self, uint32_t extension_op, hub_bytes in, const hub_sink*, hub_error*);
  void (*destroy)(void* self);
} hub_adapter;

typedef struct {
  uint32_t magic, struct_size;
  uint16_t abi_major, abi_minor;
  uint32_t reserved;
  hub_str sdk;
  hub_str manifest_json;
  int32_t (*create)(hub_str config_json, hub_adapter* out, hub_error*);
} hub_entry;

#if defined(__GNUC__)
#define HUB_EXPORT __attribute__((visibility("default")))
#else
#define HUB_EXPORT
#endif
HUB_EXPORT const hub_entry* hub_plugin_entry(void); /* the only export */

#ifdef __cplusplus
}
#endif
#endif
