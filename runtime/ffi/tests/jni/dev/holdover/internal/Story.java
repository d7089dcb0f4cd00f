package dev.holdover.internal;

import static dev.holdover.internal.Scene.check;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A story that is followed on the JVM: its events come through the queue like all others. Run by tests/jvm.rs with
 * -Xcheck:jni.
 *
 * <p>Story LIBRARY POLICY
 */
final class Story {
  static final String VECTOR =
      "{\"title\": \"One answer\", \"rules\": {\"row 1\": \"holds\"}, \"steps\": ["
          + "{\"in\": {\"get\": \"a\", \"method\": \"Quote\", \"request\": {\"1\": \"r1\"}},"
          + " \"out\": [{\"send\": 1, \"method\": \"Quote\", \"body\": {\"1\": \"r1\"}}]},"
          + "{\"in\": {\"answer\": 1, \"body\": {\"1\": \"q1\"}},"
          + " \"out\": [{\"to\": \"a\", \"value\": {\"1\": \"q1\"}, \"source\": \"NETWORK\", \"freshness\": \"FRESH\","
          + " \"age\": \"0s\"}]}]}";

  final long story;

  Story(long story) {
    this.story = story;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  String next(String reports) {
    return new String(NativeStory.storyNext(story, utf8(reports)), StandardCharsets.UTF_8);
  }

  void told(String beginning, String reports) {
    String told = next(reports);
    check(told.startsWith(beginning), told);
  }

  public static void main(String[] arguments) throws Exception {
    System.load(arguments[0]);
    byte[] policy = Files.readAllBytes(Path.of(arguments[1]));
    byte[][] error = new byte[1][];
    check(NativeStory.storyNew(policy, utf8("{"), error) == 0 && error[0] != null, "no vector");
    check(NativeStory.storyNew(null, null, null) == 0, "nothing at all");
    check(NativeStory.storyNext(0, null) == null, "no story");
    Story story = new Story(NativeStory.storyNew(policy, utf8(VECTOR), error));
    story.follow(policy);
    check(NativeStory.storyFree(story.story) == 0, "freed");
    check(NativeStory.storyFree(story.story) == Scene.MISUSE, "freed twice");
    check(NativeStory.storyNext(story.story, utf8("[]")) == null, "it is gone");
    System.out.println("passed");
  }

  void follow(byte[] policy) {
    told("{\"do\":{\"start\"", "[]");
    byte[] endpoint = new Scene.Message().text(1, "prod").text(2, "http://rides.invalid").number(4, 1).done();
    long[] queue = new long[1];
    long runtime = Native.runtimeNew(new Scene.Message().bytes(1, endpoint).fixed64(15, story).done(), queue, null);
    check(runtime != 0, "a runtime");
    int quote = Scene.method(Native.policyRegister(runtime, policy, null), "vectors.v1.Rides/Quote");
    told("{\"do\":{\"quality\"", "[]");
    check(Native.hint(runtime, new Scene.Message().number(3, 5).done(), null) == 0, "good");
    told("{\"do\":{\"open\"", "[]");
    long session = Native.sessionNew(runtime, null, null);
    check(session != 0, "a session");
    told("{\"do\":{\"get\"", "[]");
    told("{\"wait\":0}", "[]");
    long op = Native.opNew(runtime);
    check(Native.start(session, op, 7, 1, quote, Scene.ride("r1"), null, null) == 0, "start");
    told("{\"wait\":1}", "[]");
    long[] facts = new long[Scene.FACTS];
    byte[][] bytes = new byte[1][];
    check(Native.next(queue[0], facts, bytes) == 1 && facts[2] == 7, "an event");
    check(java.util.Arrays.equals(bytes[0], Scene.ride("q1")), "the answer");
    told(
        "{\"passed\":true}",
        "[{\"to\":\"a\",\"value\":\"0a027131\",\"source\":\"NETWORK\",\"freshness\":\"FRESH\",\"age\":" + facts[5]
            + ",\"as_of\":" + facts[4] + "}]");
    check(Native.runtimeFree(runtime) == 0, "freed");
    check(Native.next(queue[0], facts, bytes) == 0, "the end");
  }
}
