package dev.holdover.internal;

/** What the library's features `jni` and `testing` export beside {@link Native}. */
final class NativeStory {
  static native long storyNew(byte[] policy, byte[] vector, byte[][] error);

  static native byte[] storyNext(long story, byte[] reports);

  static native int storyFree(long story);

  private NativeStory() {}
}
