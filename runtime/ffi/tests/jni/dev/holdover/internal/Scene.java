package dev.holdover.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * A host on the JVM: it carries HTTP itself, makes calls, cancels some, misuses every function, and exits with a runtime
 * still open. Run by tests/jvm.rs with -Xcheck:jni.
 *
 * <p>Scene LIBRARY POLICY [probe], with `probe`: measures hits.
 */
final class Scene {
  static final int FACTS = 10;
  static final int MISUSE = 13;
  static final int GONE = 66;

  long runtime;
  int ends;
  int answers;
  int cancelled;
  boolean over;
  /** HTTP requests are left alone, so that what was put stays. */
  boolean silent;
  final boolean[] ended = new boolean[100_000];

  static void check(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  // ---- As much of protobuf as is needed. ----

  static final class Message {
    final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message varint(long value) {
      while ((value & ~0x7fL) != 0) {
        out.write((int) (value & 0x7f | 0x80));
        value >>>= 7;
      }
      out.write((int) value);
      return this;
    }

    Message number(int field, long value) {
      return varint((long) field << 3).varint(value);
    }

    Message bytes(int field, byte[] bytes) {
      varint((long) field << 3 | 2).varint(bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    Message fixed64(int field, long value) {
      varint((long) field << 3 | 1);
      for (int shift = 0; shift < 64; shift += 8) {
        out.write((int) (value >>> shift));
      }
      return this;
    }

    Message text(int field, String text) {
      return bytes(field, text.getBytes(StandardCharsets.UTF_8));
    }

    byte[] done() {
      return out.toByteArray();
    }
  }

  static byte[] ride(String id) {
    return new Message().text(1, id).done();
  }

  static byte[] config() {
    byte[] endpoint = new Message().text(1, "test").text(2, "http://rides.invalid").number(4, 1).done();
    return new Message().bytes(1, endpoint).number(8, 1).number(10, 1).done();
  }

  /** The id of a method of an encoded Registered. */
  static int method(byte[] registered, String wanted) {
    int at = 0;
    while (at < registered.length) {
      long[] head = varint(registered, at);
      long[] length = varint(registered, (int) head[1]);
      int from = (int) length[1];
      int to = from + (int) length[0];
      byte[] method = Arrays.copyOfRange(registered, from, to);
      // The id comes first, the name second.
      long[] id = varint(method, 1);
      long[] name = varint(method, (int) id[1] + 1);
      if (new String(method, (int) name[1], (int) name[0], StandardCharsets.UTF_8).equals(wanted)) {
        return (int) id[0];
      }
      at = to;
    }
    throw new AssertionError("the policy has no " + wanted);
  }

  static long[] varint(byte[] bytes, int at) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = bytes[at++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return new long[] {value, at};
      }
    }
  }

  // ---- The host. ----

  /** What the one daemon thread does. */
  void hear(long queue) {
    long[] facts = new long[32 * FACTS];
    byte[][] bytes = new byte[32][];
    for (int count; (count = Native.next(queue, facts, bytes)) != 0; ) {
      check(count > 0, "next gave " + count);
      for (int i = 0; i < count; i++) {
        hear(facts, i * FACTS, bytes[i]);
      }
    }
    check(Native.next(queue, facts, bytes) == -2, "the queue is gone");
    synchronized (this) {
      over = true;
      notifyAll();
    }
  }

  void hear(long[] facts, int at, byte[] bytes) {
    int kind = (int) facts[at];
    boolean last = (facts[at] >>> 32 & 1) != 0;
    int token = (int) facts[at + 2];
    int code = (int) facts[at + 3];
    if (kind == 32) {
      if (!silent) {
        answer(facts[at + 1]);
      }
      return;
    }
    if (token == 0) {
      return;
    }
    synchronized (this) {
      check(!ended[token], "an event after the end of " + token);
      if (last) {
        ended[token] = true;
        ends++;
        cancelled += kind == 7 ? 1 : 0;
      }
      if (kind == 1 && code == 0) {
        answers++;
        check(facts[at + 7] == bytes.length, "only a value");
        check(Arrays.equals(bytes, ride("an answer")), "the answer");
        check((facts[at + 6] & 0xff) != 0, "a source");
      }
      notifyAll();
    }
  }

  void answer(long request) {
    byte[] header = new Message().text(1, "content-type").text(2, "application/proto").done();
    byte[] head = new Message().number(1, 200).bytes(2, header).done();
    if (Native.reply(runtime, request, 16, head, 0, head.length, null) != 0) {
      return;
    }
    byte[] body = ride("an answer");
    byte[] larger = new byte[100];
    System.arraycopy(body, 0, larger, 7, body.length);
    Native.reply(runtime, request, 17, larger, 7, body.length, null);
    Native.reply(runtime, request, 18, null, 0, 0, null);
  }

  synchronized void waitForEnds(int wanted) throws InterruptedException {
    while (ends < wanted) {
      wait();
    }
  }

  long open() {
    long[] queue = new long[1];
    byte[][] error = new byte[1][];
    check(Native.runtimeNew(null, queue, error) == 0 && error[0] != null, "no configuration");
    runtime = Native.runtimeNew(config(), queue, error);
    check(runtime != 0, "a runtime");
    Thread thread = new Thread(() -> hear(queue[0]), "holdover");
    thread.setDaemon(true);
    thread.start();
    return queue[0];
  }

  public static void main(String[] arguments) throws Exception {
    System.load(arguments[0]);
    check(Native.abiVersion() == 1, "the version");
    byte[] policy = Files.readAllBytes(Path.of(arguments[1]));
    Scene scene = new Scene();
    scene.silent = arguments.length > 2;
    scene.open();
    byte[] registered = Native.policyRegister(scene.runtime, policy, null);
    int quote = method(registered, "vectors.v1.Rides/Quote");
    long session = Native.sessionNew(scene.runtime, null, null);
    check(session != 0, "a session");
    if (arguments.length > 2) {
      scene.measure(session, quote);
      return;
    }
    scene.calls(session, quote);
    scene.misuse(session, quote);
    check(Native.runtimeFree(scene.runtime) == 0, "freed");
    check(Native.runtimeFree(scene.runtime) == MISUSE, "freed twice");
    synchronized (scene) {
      while (!scene.over) {
        scene.wait();
      }
    }
    // Another one is left open, with a call under way: the JVM exits all the same.
    Scene left = new Scene();
    left.open();
    byte[] again = Native.policyRegister(left.runtime, policy, null);
    long forgotten = Native.sessionNew(left.runtime, new byte[0], null);
    long op = Native.opNew(left.runtime);
    check(Native.start(forgotten, op, 1, 2, method(again, "vectors.v1.Rides/Quote"), ride("r1"), null, null) == 0, "start");
    System.out.println(scene.ends + " ends, " + scene.answers + " answers, " + scene.cancelled + " cancelled");
  }

  void calls(long session, int quote) throws Exception {
    Random random = new Random(1);
    long[] facts = new long[6];
    int started = 20_000;
    for (int token = 1; token <= started; token++) {
      byte[] request = ride("r" + random.nextInt(64));
      int form = new int[] {1, 2, 4}[random.nextInt(3)];
      long op = Native.opNew(runtime);
      if (random.nextInt(4) == 0) {
        check(Native.cancel(runtime, op) == 0, "cancelled before");
      }
      check(Native.start(session, op, token, form, quote, request, null, null) == 0, "start");
      if (form == 2 || random.nextBoolean()) {
        check(Native.cancel(runtime, op) == 0, "cancelled");
      }
      byte[] hit = Native.probe(session, quote, request, null, facts);
      check(hit == null || Arrays.equals(hit, ride("an answer")) && facts[3] == hit.length, "a hit");
    }
    waitForEnds(started);
    synchronized (this) {
      check(ends == started && cancelled > 0 && answers > 0 && cancelled < started, "ends of every sort");
    }
    check(Native.probe(session, quote, ride("r1"), null, facts) != null, "a hit");
    check(Native.stats(runtime).length > 100, "stats");
  }

  /** Nothing here is worse than a code. */
  void misuse(long session, int quote) {
    byte[][] error = new byte[1][];
    long[] wrong = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, session ^ 1L << 40, runtime + 1};
    for (long handle : wrong) {
      check(Native.runtimeFree(handle) == MISUSE, "free");
      check(Native.policyRegister(handle, null, error) == null, "register");
      check(Native.sessionNew(handle, null, null) == 0, "session");
      check(Native.sessionClose(handle) == MISUSE, "close");
      check(Native.stats(handle) == null, "stats");
      check(Native.opNew(handle) == 0, "op");
      check(Native.start(handle, 1, 1, 1, 1, null, null, error) == MISUSE, "start");
      check(Native.put(handle, 1, 1, 1, null, null, null, null) == MISUSE, "put");
      check(Native.cancel(handle, 1) == MISUSE, "cancel");
      check(Native.credit(handle, 1, 1) == MISUSE, "credit");
      check(Native.send(handle, 1, null) == MISUSE, "send");
      check(Native.halfClose(handle, 1) == MISUSE, "half close");
      check(Native.command(handle, 1, 1, null, error) == MISUSE, "command");
      check(Native.hint(handle, null, null) == MISUSE, "hint");
      check(Native.reply(handle, 1, 1, null, 0, 0, null) == MISUSE, "reply");
      check(Native.next(handle, new long[10], new byte[1][]) == -2, "next");
      check(Native.probe(handle, 1, null, null, null) == null, "probe");
    }
    check(error[0] != null, "an error says why");
    long op = Native.opNew(runtime);
    check(Native.start(session, op, 1, 1, -1, null, null, new byte[0][]) == MISUSE, "no room for the error");
    check(Native.start(session, op, 1, 1, quote, null, null, null) == MISUSE, "used up");
    check(Native.probe(session, quote, ride("r1"), null, null) == null, "no room for the facts");
    check(Native.probe(session, quote, ride("r1"), null, new long[2]) == null, "too little room for the facts");
    check(Native.credit(runtime, 1, -1) == MISUSE, "less than nothing");
    check(Native.reply(runtime, 1, 16, new byte[3], 2, 2, null) == MISUSE, "past the end");
    check(Native.reply(runtime, 1, 16, new byte[3], -1, 2, null) == MISUSE, "before the start");
    check(Native.reply(runtime, 1, 16, new byte[3], 0, -1, null) == MISUSE, "a negative length");
    check(Native.reply(runtime, 1, 16, null, 0, 5, null) == MISUSE, "no array");
    check(Native.reply(runtime, 1, 16, new byte[3], 0, 3, null) == GONE, "nobody waits");
    check(Native.runtimeNew(config(), null, null) == 0, "no room for the queue");
    check(Native.runtimeNew(config(), new long[0], error) == 0, "no room for the queue");
  }

  void measure(long session, int quote) throws Exception {
    for (int size : new int[] {100, 10_000}) {
      String id = "m" + size;
      byte[] request = ride(id);
      byte[] value = ride("x".repeat(size));
      long op = Native.opNew(runtime);
      check(Native.put(session, op, size, quote, request, value, null, null) == 0, "put");
      synchronized (this) {
        while (!ended[size]) {
          wait();
        }
      }
      long[] facts = new long[6];
      long[] times = new long[200];
      for (int round = 0; round < times.length; round++) {
        long start = System.nanoTime();
        for (int i = 0; i < 1000; i++) {
          check(Native.probe(session, quote, request, null, facts).length > size, "a hit");
        }
        times[round] = (System.nanoTime() - start) / 1000;
      }
      Arrays.sort(times);
      System.out.println("hit of " + size + " B: median " + times[times.length / 2] + " ns");
    }
  }
}
