"""For every value of the chart: another value for it, and what else must be set to see the effect."""

VIRTUAL_IPS = [
    {"name": "ingress", "labels": {"team": "edge"},
     "spec": {"addresses": ["192.0.2.10/24"], "virtualRouterID": 51,
              "healthChecks": [{"name": "ingress-controller", "tcpSocket": {"port": 443}}]}},
    {"name": "db", "spec": {"addresses": ["192.0.2.11/24", "2001:db8::11/64"], "virtualRouterID": 52}},
]

VOLUME = {"name": "extra", "emptyDir": {}}
MOUNT = {"name": "extra", "mountPath": "/extra"}
RULE = {"alert": "Mine", "expr": "vector(1)"}
OBJECT = {"apiVersion": "v1", "kind": "ConfigMap",
          "metadata": {"name": "{{ .Release.Name }}-extra"}, "data": {}}
CONTAINER = {"name": "extra", "image": "extra:1",
             "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                 "capabilities": {"drop": ["ALL"]}}}
CONTEXT = {"runAsUser": 0, "privileged": False, "allowPrivilegeEscalation": False,
           "readOnlyRootFilesystem": True,
           "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN", "NET_RAW", "SYS_NICE"]}}

NOTHING = {}
MONITORED = {"podMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}}

CASES = {
    "nameOverride": ("other", NOTHING),
    "fullnameOverride": ("other", NOTHING),
    "commonLabels": ({"team": "edge"}, NOTHING),
    "image.registry": ("registry.example:5000", NOTHING),
    "image.repository": ("other/keelvip", NOTHING),
    "image.tag": ("1.2.3", NOTHING),
    "image.digest": ("sha256:" + "0" * 64, NOTHING),
    "image.pullPolicy": ("Always", NOTHING),
    "imagePullSecrets": ([{"name": "pull"}], NOTHING),
    "virtualIPs": (VIRTUAL_IPS, NOTHING),
    "existingConfigMap": ("mine", NOTHING),
    "passwordSecrets": (["vrrp"], NOTHING),
    "stateHostPath": ("", NOTHING),
    "metrics.enabled": (False, NOTHING),
    "metrics.port": (9999, NOTHING),
    "metrics.listenAddress": ("[::]", NOTHING),
    "log.format": ("text", NOTHING),
    "log.level": ("debug", NOTHING),
    "serviceAccount.create": (False, NOTHING),
    "serviceAccount.name": ("other", NOTHING),
    "serviceAccount.annotations": ({"a": "b"}, NOTHING),
    "serviceAccount.automount": (True, NOTHING),
    "podAnnotations": ({"a": "b"}, NOTHING),
    "podLabels": ({"a": "b"}, NOTHING),
    "podSecurityContext": ({"seccompProfile": {"type": "Unconfined"}}, NOTHING),
    "securityContext": (CONTEXT, NOTHING),
    "resources": ({"requests": {"cpu": "50m"}}, NOTHING),
    "nodeSelector": ({"kubernetes.io/os": "linux"}, NOTHING),
    "tolerations": ([{"operator": "Exists"}], NOTHING),
    "affinity": ({"nodeAffinity": {}}, NOTHING),
    "priorityClassName": ("", NOTHING),
    "dnsPolicy": ("Default", NOTHING),
    "updateStrategy": ({"type": "OnDelete"}, NOTHING),
    "minReadySeconds": (3, NOTHING),
    "terminationGracePeriodSeconds": (3, NOTHING),
    "startupProbe": ({"failureThreshold": 60}, NOTHING),
    "livenessProbe": ({"periodSeconds": 20}, NOTHING),
    "readinessProbe": ({"successThreshold": 2}, NOTHING),
    "extraArgs": (["--extra"], NOTHING),
    "extraEnv": ([{"name": "A", "value": "b"}], NOTHING),
    "extraEnvFrom": ([{"configMapRef": {"name": "a"}}], NOTHING),
    "extraVolumes": ([VOLUME], NOTHING),
    "extraVolumeMounts": ([MOUNT], {"extraVolumes": [VOLUME]}),
    "extraContainers": ([CONTAINER], NOTHING),
    "extraObjects": ([OBJECT], NOTHING),
    "podMonitor.enabled": (True, NOTHING),
    "podMonitor.namespace": ("monitoring", MONITORED),
    "podMonitor.labels": ({"a": "b"}, MONITORED),
    "podMonitor.interval": ("5s", MONITORED),
    "podMonitor.scrapeTimeout": ("3s", MONITORED),
    "podMonitor.relabelings": ([], MONITORED),
    "podMonitor.metricRelabelings": ([{"action": "drop", "sourceLabels": ["a"]}], MONITORED),
    "prometheusRule.enabled": (True, NOTHING),
    "prometheusRule.namespace": ("monitoring", MONITORED),
    "prometheusRule.labels": ({"a": "b"}, MONITORED),
    "prometheusRule.extraRules": ([RULE], MONITORED),
}

WRONG = [
    ("virtualIP", []),
    ("image.name", "keelvip"),
    ("image.pullPolicy", "Sometimes"),
    ("image.digest", "sha256:short"),
    ("stateHostPath", "var/lib"),
    ("metrics.port", 0),
    ("metrics.port", "9477"),
    ("metrics.enable", True),
    ("log.level", "loud"),
    ("virtualIPs", [{"name": "Upper", "spec": {"addresses": ["192.0.2.1"]}}]),
    ("virtualIPs", [{"name": "a"}]),
    ("virtualIPs", [{"name": "a", "spec": {"addresses": []}, "other": 1}]),
    ("passwordSecrets", ["../etc"]),
    ("livenessProbe.httpGet", {"path": "/"}),
    ("terminationGracePeriodSeconds", 0),
    ("podMonitor.interval", "often"),
    ("serviceAccount.annotations", {"a": 1}),
]

EVERYTHING = {
    **MONITORED, "virtualIPs": VIRTUAL_IPS, "passwordSecrets": ["vrrp"], "commonLabels": {"team": "edge"},
    "imagePullSecrets": [{"name": "pull"}], "extraVolumes": [VOLUME], "extraVolumeMounts": [MOUNT],
    "extraContainers": [CONTAINER], "extraObjects": [OBJECT], "nodeSelector": {"a": "b"},
    "podLabels": {"a": "b"}, "podAnnotations": {"a": "b"}, "extraArgs": ["--extra"],
}
