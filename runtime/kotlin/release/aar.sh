#!/bin/sh
# Makes build/holdover-runtime.aar, with the core for every ABI of Android, and build/holdover-symbols.zip beside it, which
# Play Console takes for native crashes. Needs rustup, cargo-ndk (`cargo install cargo-ndk`), an NDK (ANDROID_NDK_HOME),
# Maven with a JDK 17, and zip. Not yet run on Android hardware.
set -eu
cd "$(dirname "$0")/.."
root=$(cd ../.. && pwd)
built=${CARGO_TARGET_DIR:-$root/target}
out=$PWD/build
work=$out/aar
rm -rf "$out"
mkdir -p "$work" "$out/symbols"

tools=$(find "${ANDROID_NDK_HOME:?names the folder of the NDK}/toolchains/llvm/prebuilt" -maxdepth 2 -name bin)
# Pages of 16 kB: <https://developer.android.com/guide/practices/page-sizes>. The build id joins library and symbols.
export RUSTFLAGS="-C link-arg=-Wl,-z,max-page-size=16384 -C link-arg=-Wl,--build-id=sha1"

# slice ABI TARGET: the core of one ABI, and its symbols apart.
slice() {
  rustup target add "$2"
  (cd "$root" && cargo ndk --target "$1" --platform 24 -- \
    rustc --profile library --package holdover-ffi --crate-type cdylib --features jni)
  mkdir -p "$work/jni/$1" "$out/symbols/$1"
  library=$built/$2/library/libholdover_ffi.so
  "$tools/llvm-objcopy" --only-keep-debug "$library" "$out/symbols/$1/libholdover_ffi.so"
  "$tools/llvm-strip" --strip-all "$library" -o "$work/jni/$1/libholdover_ffi.so"
  # Every segment that is loaded begins on such a page, or the library is refused.
  if "$tools/llvm-readelf" --program-headers "$work/jni/$1/libholdover_ffi.so" | awk '$1 == "LOAD" && $NF != "0x4000" { bad = 1 } END { exit !bad }'
  then
    echo "$1: a segment is not aligned to 16 kB" >&2
    exit 1
  fi
  # Nothing but what the package calls may be seen, such as the names of SQLite.
  if "$tools/llvm-nm" --dynamic --defined-only --extern-only "$work/jni/$1/libholdover_ffi.so" | grep -Ev ' (holdover_|Java_dev_holdover_internal_Native_|JNI_OnLoad)'
  then
    echo "$1: exports more than it should" >&2
    exit 1
  fi
}

slice arm64-v8a aarch64-linux-android
slice armeabi-v7a armv7-linux-androideabi
slice x86_64 x86_64-linux-android
slice x86 i686-linux-android

# The jar of the package, without the library of this machine.
rm -rf holdover-runtime/native
mvn --batch-mode --no-transfer-progress --quiet -pl :holdover-runtime -am -DskipTests clean package
cp holdover-runtime/target/holdover-runtime-*.jar "$work/classes.jar"
cp holdover-runtime/src/main/resources/META-INF/proguard/holdover.pro "$work/proguard.txt"
: >"$work/R.txt"
cat >"$work/AndroidManifest.xml" <<'MANIFEST'
<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="dev.holdover.runtime">
    <uses-sdk android:minSdkVersion="24" />
    <uses-permission android:name="android.permission.INTERNET" />
</manifest>
MANIFEST
metadata=$work/META-INF/com/android/build/gradle
mkdir -p "$metadata"
printf 'aarFormatVersion=1.0\naarMetadataVersion=1.0\nminCompileSdk=24\n' >"$metadata/aar-metadata.properties"
# Libraries lie uncompressed in an app, so that they are mapped from where they are.
(cd "$work" && zip --quiet --recurse-paths "$out/holdover-runtime.aar" .)
(cd "$out/symbols" && zip --quiet --recurse-paths "$out/holdover-symbols.zip" .)
ls -l "$out"/*.aar "$out"/*.zip
