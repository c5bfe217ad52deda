"""Messages and gRPC stubs from protos, with the registry's rules."""

load("@grpc//bazel:cc_grpc_library.bzl", "cc_grpc_library")
load("@protobuf//bazel:cc_proto_library.bzl", "cc_proto_library")
load("@protobuf//bazel:proto_library.bzl", "proto_library")

def cc_proto_and_grpc(name, grpc_name, protos, root):
    """Makes two libraries: `name` with the messages, `grpc_name` with the stubs."""
    proto_library(
        name = name + "_protos",
        srcs = [root + "/" + p for p in protos],
        strip_import_prefix = root,
        deps = [
            Label("@protobuf//:descriptor_proto"),
            Label("@protobuf//:duration_proto"),
            Label("@protobuf//:timestamp_proto"),
        ],
    )
    cc_proto_library(name = name, deps = [name + "_protos"])
    cc_grpc_library(
        name = grpc_name,
        srcs = [name + "_protos"],
        grpc_only = True,
        deps = [name],
    )
