{{- define "keelvip.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "keelvip.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "keelvip.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "keelvip.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Selectors cannot change between releases, so nothing that may change goes in here. */}}
{{- define "keelvip.selectorLabels" -}}
app.kubernetes.io/name: {{ include "keelvip.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: agent
{{- end -}}

{{- define "keelvip.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "keelvip.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: keelvip
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "keelvip.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "keelvip.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "keelvip.configMapName" -}}
{{- default (include "keelvip.fullname" .) .Values.existingConfigMap -}}
{{- end -}}

{{- define "keelvip.image" -}}
{{- $name := .Values.image.repository -}}
{{- if .Values.image.registry -}}
{{- $name = printf "%s/%s" .Values.image.registry $name -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $name .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Where the agent listens: the node's address for Prometheus, or loopback alone. */}}
{{- define "keelvip.listen" -}}
{{- $address := default "$(HOST_IP)" .Values.metrics.listenAddress -}}
{{- if not .Values.metrics.enabled -}}
{{- $address = "127.0.0.1" -}}
{{- end -}}
{{- printf "%s:%d" $address (int .Values.metrics.port) -}}
{{- end -}}

{{/* A probe: the numbers of the values plus where to ask. */}}
{{- define "keelvip.probe" -}}
httpGet:
  {{- if not .root.Values.metrics.enabled }}
  host: 127.0.0.1
  {{- end }}
  path: {{ .path }}
  port: http
{{- with .probe }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A VirtualIP document of the values. */}}
{{- define "keelvip.document" -}}
apiVersion: keelvip.io/v1alpha1
kind: VirtualIP
metadata:
  name: {{ .name | quote }}
  {{- with .labels }}
  labels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- toYaml .spec | nindent 2 }}
{{- end -}}

{{/* What only reads and asks needs no privilege at all. */}}
{{- define "keelvip.testSecurityContext" -}}
runAsUser: 65534
runAsNonRoot: true
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}
