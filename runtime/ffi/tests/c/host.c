// The smallest host there is, in the language of the boundary: it carries HTTP itself, makes calls, cancels some, and
// leaves nothing behind. Run by tests/c_program.rs, by itself and under valgrind.
//
//     host POLICY [STORE]

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holdover.h"

#define CHECK(condition)                                                              \
  do {                                                                                \
    if (!(condition)) {                                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                 \
      exit(1);                                                                        \
    }                                                                                 \
  } while (0)

// ---- As much of protobuf as is needed. ----

typedef struct {
  uint8_t bytes[512];
  size_t len;
} Message;

static void put_varint(Message *message, uint64_t value) {
  do {
    CHECK(message->len < sizeof message->bytes);
    message->bytes[message->len++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>= 7;
  } while (value);
}

static void put_number(Message *message, uint32_t field, uint64_t value) {
  put_varint(message, (uint64_t)field << 3);
  put_varint(message, value);
}

static void put_bytes(Message *message, uint32_t field, const void *bytes, size_t len) {
  put_varint(message, (uint64_t)field << 3 | 2);
  put_varint(message, len);
  CHECK(message->len + len <= sizeof message->bytes);
  memcpy(message->bytes + message->len, bytes, len);
  message->len += len;
}

static void put_text(Message *message, uint32_t field, const char *text) {
  put_bytes(message, field, text, strlen(text));
}

static HoldoverBytes view(const Message *message) {
  HoldoverBytes bytes = {message->bytes, message->len};
  return bytes;
}

static uint64_t get_varint(HoldoverBytes *rest) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    CHECK(rest->len > 0);
    uint8_t byte = *rest->ptr++;
    rest->len--;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
  CHECK(!"a varint ends");
  return 0;
}

// The next field: its number, and its value or bytes. Numbers 0: the end.
static uint32_t get_field(HoldoverBytes *rest, uint64_t *value, HoldoverBytes *bytes) {
  if (rest->len == 0) return 0;
  uint64_t tag = get_varint(rest);
  if ((tag & 7) == 0) {
    *value = get_varint(rest);
  } else {
    CHECK((tag & 7) == 2);
    bytes->len = (size_t)get_varint(rest);
    CHECK(bytes->len <= rest->len);
    bytes->ptr = rest->ptr;
    rest->ptr += bytes->len;
    rest->len -= bytes->len;
  }
  return (uint32_t)(tag >> 3);
}

// ---- The host. ----

typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t news;
  uint64_t runtime;
  unsigned ends, answers, cancelled, exchanges, cancelled_exchanges;
  int released;
} Host;

static void answer(Host *host, const HoldoverEvent *event) {
  Message head = {{0}, 0}, header = {{0}, 0}, body = {{0}, 0};
  put_number(&head, 1, 200);
  put_text(&header, 1, "content-type");
  put_text(&header, 2, "application/proto");
  put_bytes(&head, 2, header.bytes, header.len);
  put_text(&body, 1, "an answer");
  HoldoverBytes nothing = {NULL, 0};
  // Any of them may come too late, which is no mistake.
  if (holdover_reply(host->runtime, event->op, HOLDOVER_REPLY_HTTP_HEAD, view(&head), NULL) != HOLDOVER_OK) return;
  holdover_reply(host->runtime, event->op, HOLDOVER_REPLY_HTTP_CHUNK, view(&body), NULL);
  holdover_reply(host->runtime, event->op, HOLDOVER_REPLY_HTTP_END, nothing, NULL);
}

static void on_event(void *context, const HoldoverEvent *event) {
  Host *host = context;
  if (event->kind == HOLDOVER_EVENT_HTTP_REQUEST) answer(host, event);
  pthread_mutex_lock(&host->lock);
  CHECK(!host->released);
  if (event->kind == HOLDOVER_EVENT_HTTP_REQUEST) host->exchanges++;
  if (event->kind == HOLDOVER_EVENT_HTTP_CANCEL) host->cancelled_exchanges++;
  if (event->token != 0 && event->flags & HOLDOVER_FLAG_LAST) {
    // The host's reference to whoever waits comes back here.
    free((void *)(uintptr_t)event->token);
    host->ends++;
    if (event->kind == HOLDOVER_EVENT_ANSWER && event->code == HOLDOVER_OK) host->answers++;
    if (event->kind == HOLDOVER_EVENT_CANCELLED) host->cancelled++;
  }
  pthread_cond_signal(&host->news);
  pthread_mutex_unlock(&host->lock);
}

static void release(void *context) {
  Host *host = context;
  pthread_mutex_lock(&host->lock);
  host->released++;
  pthread_cond_signal(&host->news);
  pthread_mutex_unlock(&host->lock);
}

static void wait_for_ends(Host *host, unsigned ends) {
  pthread_mutex_lock(&host->lock);
  while (host->ends < ends) pthread_cond_wait(&host->news, &host->lock);
  pthread_mutex_unlock(&host->lock);
}

static uint64_t token(void) {
  void *waiter = malloc(16);
  CHECK(waiter != NULL);
  return (uint64_t)(uintptr_t)waiter;
}

static uint64_t start(Host *host, uint64_t session, uint32_t form, uint32_t method, const Message *request) {
  HoldoverBytes nothing = {NULL, 0};
  uint64_t op = holdover_op_new(host->runtime);
  CHECK(op != 0);
  CHECK(holdover_start(session, op, token(), form, method, view(request), nothing, NULL) == HOLDOVER_OK);
  return op;
}

static uint8_t *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  CHECK(file != NULL);
  CHECK(fseek(file, 0, SEEK_END) == 0);
  *len = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(*len);
  CHECK(bytes != NULL && fread(bytes, 1, *len, file) == *len);
  fclose(file);
  return bytes;
}

static uint32_t find_method(HoldoverBytes registered, const char *wanted) {
  uint64_t value = 0;
  HoldoverBytes method = {NULL, 0}, field = {NULL, 0};
  while (get_field(&registered, &value, &method)) {
    uint64_t id = 0;
    int found = 0;
    for (uint32_t number; (number = get_field(&method, &value, &field));) {
      if (number == 1) id = value;
      if (number == 2) found = field.len == strlen(wanted) && memcmp(field.ptr, wanted, field.len) == 0;
    }
    if (found) return (uint32_t)id;
  }
  CHECK(!"the policy has the method");
  return 0;
}

int main(int argc, char **argv) {
  CHECK(argc >= 2);
  CHECK(holdover_abi_version() == HOLDOVER_ABI_VERSION);

  Host host = {.lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER};
  Message endpoint = {{0}, 0}, config = {{0}, 0};
  put_text(&endpoint, 1, "test");
  put_text(&endpoint, 2, "http://rides.invalid");
  put_number(&endpoint, 4, 1);
  put_bytes(&config, 1, endpoint.bytes, endpoint.len);
  if (argc > 2) put_text(&config, 7, argv[2]);
  put_number(&config, 8, 1);
  put_number(&config, 10, 1);

  HoldoverHost functions = {&host, on_event, release};
  HoldoverBuffer error = {{NULL, 0}, 0};
  HoldoverBytes nothing = {NULL, 0};
  CHECK(holdover_runtime_new(nothing, &functions, &error) == 0);
  CHECK(error.owner != 0 && error.bytes.len > 0);
  CHECK(holdover_release(error.owner) == HOLDOVER_OK);
  host.runtime = holdover_runtime_new(view(&config), &functions, &error);
  CHECK(host.runtime != 0 && error.owner == 0);

  size_t len = 0;
  uint8_t *policy = read_file(argv[1], &len);
  HoldoverBytes policy_bytes = {policy, len};
  HoldoverBuffer registered = {{NULL, 0}, 0};
  CHECK(holdover_policy_register(host.runtime, policy_bytes, &registered, NULL) == HOLDOVER_OK);
  free(policy);
  uint32_t quote = find_method(registered.bytes, "vectors.v1.Rides/Quote");
  CHECK(holdover_release(registered.owner) == HOLDOVER_OK);
  uint64_t session = holdover_session_new(host.runtime, nothing, &error);
  CHECK(session != 0);

  unsigned ends = 0;
  for (int i = 0; i < 300; i++) {
    char id[16];
    snprintf(id, sizeof id, "r%d", i % 50);
    Message request = {{0}, 0};
    put_text(&request, 1, id);
    uint32_t form = i % 3 == 0 ? HOLDOVER_OBSERVE : HOLDOVER_GET;
    uint64_t op = start(&host, session, form, quote, &request);
    ends++;
    if (i % 3 == 0 || i % 5 == 0) CHECK(holdover_cancel(host.runtime, op) == HOLDOVER_OK);
    if (i % 4 == 0) wait_for_ends(&host, ends);
    HoldoverSnapshot snapshot;
    uint64_t hit = holdover_probe(session, quote, view(&request), nothing, &snapshot);
    if (hit != 0) {
      CHECK(snapshot.value.len == 11 && memcmp(snapshot.value.ptr + 2, "an answer", 9) == 0);
      CHECK(holdover_release(hit) == HOLDOVER_OK);
    }
  }
  wait_for_ends(&host, ends);

  // An observer that nobody cancels, and an operation that is never started.
  Message request = {{0}, 0};
  put_text(&request, 1, "r1");
  start(&host, session, HOLDOVER_OBSERVE, quote, &request);
  CHECK(holdover_op_new(host.runtime) != 0);
  HoldoverBuffer stats = {{NULL, 0}, 0};
  CHECK(holdover_stats(host.runtime, &stats) == HOLDOVER_OK && stats.bytes.len > 0);
  CHECK(holdover_release(stats.owner) == HOLDOVER_OK);

  Message shutdown = {{0}, 0};
  put_bytes(&shutdown, 7, NULL, 0);
  uint64_t last = holdover_op_new(host.runtime);
  CHECK(holdover_command(host.runtime, last, token(), view(&shutdown), NULL) == HOLDOVER_OK);
  wait_for_ends(&host, ends + 2);
  CHECK(holdover_runtime_free(host.runtime) == HOLDOVER_OK);
  CHECK(holdover_runtime_free(host.runtime) == HOLDOVER_MISUSE);
  CHECK(holdover_session_close(session) == HOLDOVER_MISUSE);
  pthread_mutex_lock(&host.lock);
  while (!host.released) pthread_cond_wait(&host.news, &host.lock);
  CHECK(host.released == 1 && host.ends == ends + 2);
  CHECK(host.answers > 0 && host.cancelled > 0 && host.exchanges > 0);
  pthread_mutex_unlock(&host.lock);
  printf("%u ends, %u answers, %u cancelled, %u exchanges\n", host.ends, host.answers, host.cancelled, host.exchanges);
  return 0;
}
