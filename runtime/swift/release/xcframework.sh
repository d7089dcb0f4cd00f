#!/bin/sh
# Makes native/CHoldover.xcframework of the core: dynamic frameworks for iOS, its simulator and macOS, so that SQLite's
# names stay inside, with symbols beside them. Needs a Mac with Xcode and rustup. Not yet run on Apple hardware.
set -eu
cd "$(dirname "$0")/.."
root=$(cd ../.. && pwd)
built=${CARGO_TARGET_DIR:-$root/target}
work=$built/xcframework
rm -rf "$work" native/CHoldover.xcframework
mkdir -p "$work" native

export IPHONEOS_DEPLOYMENT_TARGET=16.0 MACOSX_DEPLOYMENT_TARGET=13.0

# slice NAME PLATFORM MINIMUM TARGET...: one framework of these targets.
slice() {
  name=$1 platform=$2 minimum=$3
  shift 3
  framework=$work/$name/CHoldover.framework
  mkdir -p "$framework/Headers" "$framework/Modules"
  libraries=
  for target in "$@"; do
    rustup target add "$target"
    (cd "$root" && cargo rustc --profile library --package holdover-ffi --crate-type cdylib --target "$target")
    libraries="$libraries $built/$target/library/libholdover_ffi.dylib"
  done
  # shellcheck disable=SC2086 # one word for each library
  lipo -create $libraries -output "$framework/CHoldover"
  install_name_tool -id @rpath/CHoldover.framework/CHoldover "$framework/CHoldover"
  dsymutil "$framework/CHoldover" -o "$work/$name/CHoldover.framework.dSYM"
  strip -x "$framework/CHoldover"
  cp "$root/runtime/ffi/include/holdover.h" "$framework/Headers/"
  cp release/PrivacyInfo.xcprivacy "$framework/"
  printf 'framework module CHoldover {\n    header "holdover.h"\n    export *\n}\n' >"$framework/Modules/module.modulemap"
  plutil -create xml1 "$framework/Info.plist"
  plutil -insert CFBundleExecutable -string CHoldover "$framework/Info.plist"
  plutil -insert CFBundleIdentifier -string dev.holdover.CHoldover "$framework/Info.plist"
  plutil -insert CFBundlePackageType -string FMWK "$framework/Info.plist"
  plutil -insert CFBundleShortVersionString -string 0.1.0 "$framework/Info.plist"
  plutil -insert CFBundleVersion -string 1 "$framework/Info.plist"
  plutil -insert CFBundleSupportedPlatforms -json "[\"$platform\"]" "$framework/Info.plist"
  plutil -insert MinimumOSVersion -string "$minimum" "$framework/Info.plist"
  codesign --force --sign "${HOLDOVER_SIGNING_IDENTITY:--}" "$framework"
}

slice ios iPhoneOS 16.0 aarch64-apple-ios
slice simulator iPhoneSimulator 16.0 aarch64-apple-ios-sim x86_64-apple-ios
slice macos MacOSX 13.0 aarch64-apple-darwin x86_64-apple-darwin

set --
for name in ios simulator macos; do
  set -- "$@" -framework "$work/$name/CHoldover.framework" -debug-symbols "$work/$name/CHoldover.framework.dSYM"
done
xcodebuild -create-xcframework "$@" -output native/CHoldover.xcframework
