"""Messages and gRPC stubs from protos, with the system's protoc."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def cc_proto_and_grpc(name, grpc_name, protos, root):
    """Makes two libraries: `name` with the messages, `grpc_name` with the stubs."""
    protoc = "@smokemesh_deps//:protoc"
    plugin = "@smokemesh_deps//:grpc_cpp_plugin"
    outs = {"pb": [], "grpc.pb": []}
    for proto in protos:
        base = "gen/" + proto[:-len(".proto")]
        files = []
        for kind in ["pb", "grpc.pb"]:
            made = ["%s.%s.h" % (base, kind), "%s.%s.cc" % (base, kind)]
            outs[kind] += made
            files += made
        native.genrule(
            name = "gen_" + proto.replace("/", "_").replace(".", "_"),
            srcs = [root + "/" + p for p in protos],
            outs = files,
            cmd = ("$(execpath %s) --proto_path=%s --cpp_out=$(RULEDIR)/gen" +
                   " --grpc_out=$(RULEDIR)/gen --plugin=protoc-gen-grpc=$(execpath %s) %s") %
                  (protoc, root, plugin, proto),
            tools = [protoc, plugin],
        )
    for target, kind, deps in [
        (name, "pb", ["@smokemesh_deps//:protobuf"]),
        (grpc_name, "grpc.pb", [":" + name, "@smokemesh_deps//:grpc"]),
    ]:
        cc_library(
            name = target,
            srcs = [f for f in outs[kind] if f.endswith(".cc")],
            hdrs = [f for f in outs[kind] if f.endswith(".h")],
            copts = ["-w"],
            includes = ["gen"],
            visibility = ["//visibility:public"],
            deps = deps,
        )
