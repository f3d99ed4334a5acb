"""What Kubernetes would check if it were here: the shape and the references of rendered objects."""
import json

import yaml

# Fields that our objects may have where a misspelt one would silently do nothing.
POD_FIELDS = set(
    "affinity automountServiceAccountToken containers dnsPolicy enableServiceLinks hostNetwork"
    " imagePullSecrets initContainers nodeSelector priorityClassName restartPolicy securityContext"
    " serviceAccountName terminationGracePeriodSeconds tolerations volumes".split())
CONTAINER_FIELDS = set(
    "args env envFrom image imagePullPolicy livenessProbe name ports readinessProbe resources"
    " securityContext startupProbe volumeMounts".split())
PROBE_FIELDS = set(
    "failureThreshold httpGet initialDelaySeconds periodSeconds successThreshold timeoutSeconds".split())
DAEMONSET_FIELDS = set("minReadySeconds selector template updateStrategy".split())


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice, of which Kubernetes would silently take one."""


def unique_mapping(loader, node):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key in keys:
        assert keys.count(key) == 1, f"key {key} twice, line {node.start_mark.line + 1}"
    return loader.construct_mapping(node, deep=True)


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, unique_mapping)


def parse(text):
    return [document for document in yaml.load_all(text, Loader=StrictLoader) if document]


def all_of(rendered, kind):
    return [document for document in rendered if document["kind"] == kind]


def one(rendered, kind):
    found = all_of(rendered, kind)
    assert len(found) == 1, f"{len(found)} objects of kind {kind}"
    return found[0]


def leaves(values, prefix=""):
    """Dotted paths of the values that a user sets as a whole: maps whose keys the chart names are
    descended into, others are leaves."""
    for key, value in values.items():
        path = f"{prefix}{key}"
        if path in ("image", "metrics", "log", "serviceAccount", "podMonitor", "prometheusRule"):
            yield from leaves(value, path + ".")
        else:
            yield path


def schema_paths(path):
    with open(path, encoding="utf-8") as stream:
        schema = json.load(stream)

    def walk(node, prefix):
        for name, child in node.get("properties", {}).items():
            yield f"{prefix}{name}"
            if child.get("additionalProperties") is False:
                yield from walk(child, f"{prefix}{name}.")

    assert schema["additionalProperties"] is False
    return set(walk(schema, ""))


def closed_paths(values, known, prefix=""):
    """Paths in `values`, plus those known ones that are optional parts of a Kubernetes type."""
    found = set()
    for key, value in values.items():
        path = f"{prefix}{key}"
        found.add(path)
        optional = {name for name in known if name.startswith(path + ".")}
        if isinstance(value, dict) and optional:
            found |= closed_paths(value, known, path + ".")
            if path.endswith("Probe") or path == "resources":
                found |= optional
    return found


def difference(one_side, other, path=""):
    """The first place where two trees differ."""
    if isinstance(one_side, dict) and isinstance(other, dict):
        for key in sorted(set(one_side) | set(other)):
            if one_side.get(key) != other.get(key):
                return difference(one_side.get(key), other.get(key), f"{path}.{key}")
    if isinstance(one_side, list) and isinstance(other, list) and len(one_side) == len(other):
        for index, (left, right) in enumerate(zip(one_side, other)):
            if left != right:
                return difference(left, right, f"{path}[{index}]")
    return f"{path}: {one_side!r} and {other!r}"


def check(rendered):
    names = [(document["kind"], document["metadata"]["name"]) for document in rendered]
    assert len(names) == len(set(names)), f"an object twice: {names}"
    for document in rendered:
        if document["kind"] == "DaemonSet":
            spec = document["spec"]
            known(spec, DAEMONSET_FIELDS, "DaemonSet")
            labels = spec["template"]["metadata"]["labels"]
            for key, value in spec["selector"]["matchLabels"].items():
                assert labels.get(key) == value, f"selector {key}={value} selects no pod"
            check_pod(spec["template"]["spec"])
        elif document["kind"] == "Pod":
            check_pod(document["spec"])


def known(fields, allowed, what):
    assert set(fields) <= allowed, f"{what} has {set(fields) - allowed}"


def check_pod(pod):
    known(pod, POD_FIELDS, "a pod")
    volumes = [volume["name"] for volume in pod.get("volumes", [])]
    assert len(volumes) == len(set(volumes)), volumes
    assert pod["hostNetwork"] is True
    for container in pod.get("initContainers", []) + pod["containers"]:
        known(container, CONTAINER_FIELDS, container["name"])
        check_security(container["securityContext"])
        for mount in container.get("volumeMounts", []):
            assert mount["name"] in volumes, f"no volume {mount['name']}"
            assert "subPath" not in mount, "a subPath never sees a change"
        ports = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe in container:
                known(container[probe], PROBE_FIELDS, probe)
                port = container[probe]["httpGet"]["port"]
                assert isinstance(port, int) or port in ports, f"{probe} asks port {port}"
        variables = {variable["name"] for variable in container.get("env", [])}
        for argument in container.get("args", []):
            assert isinstance(argument, str), argument
            if "$(" in argument:
                assert argument.split("$(")[1].split(")")[0] in variables, argument


def check_security(context):
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"]["drop"] == ["ALL"]
    assert not context.get("privileged", False)
