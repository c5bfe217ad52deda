"""Bazel 4's own Java rules under the names that newer Bazel loads from rules_java."""

java_library = native.java_library
java_binary = native.java_binary
java_import = native.java_import
java_test = native.java_test
java_runtime = native.java_runtime
java_toolchain = native.java_toolchain
java_proto_library = native.java_proto_library
java_plugin = native.java_plugin
