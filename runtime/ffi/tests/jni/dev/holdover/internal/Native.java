package dev.holdover.internal;

/** What the library's feature `jni` exports, as the Kotlin package declares it. */
final class Native {
  static native int abiVersion();

  static native long runtimeNew(byte[] config, long[] queue, byte[][] error);

  static native int runtimeFree(long runtime);

  static native byte[] policyRegister(long runtime, byte[] policy, byte[][] error);

  static native long sessionNew(long runtime, byte[] config, byte[][] error);

  static native int sessionClose(long session);

  static native byte[] stats(long runtime);

  static native byte[] probe(long session, int method, byte[] request, byte[] options, long[] facts);

  static native long opNew(long runtime);

  static native int start(
      long session, long op, long token, int form, int method, byte[] request, byte[] options, byte[][] error);

  static native int put(
      long session, long op, long token, int method, byte[] request, byte[] value, byte[] options, byte[][] error);

  static native int cancel(long runtime, long op);

  static native int credit(long runtime, long op, int items);

  static native int send(long runtime, long op, byte[] message);

  static native int halfClose(long runtime, long op);

  static native int command(long runtime, long op, long token, byte[] command, byte[][] error);

  static native int hint(long runtime, byte[] hint, byte[][] error);

  static native int reply(
      long runtime, long request, int kind, byte[] bytes, int offset, int length, byte[][] error);

  static native int next(long queue, long[] facts, byte[][] bytes);

  private Native() {}
}
