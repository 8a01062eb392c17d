{{/* Names, labels, and what all pods have in common. */}}
{{- define "redress.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 }}{{ end -}}
{{- end }}

{{- define "redress.selector" -}}
app.kubernetes.io/name: redress
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "redress.labels" -}}
{{ include "redress.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "redress.image" -}}
{{ .root.Values.image.repository }}:{{ .tag | default .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* Environment: settings of all, then one's own (which win), then secrets as files. */}}
{{- define "redress.env" -}}
{{- $component := .component }}
{{- $secret := dict }}
{{- range .root.Values.secrets }}
{{- if or (not .for) (has $component .for) }}{{ $_ := set $secret .setting . }}{{ end }}
{{- end }}
{{- range $name, $value := merge (dict) .settings .root.Values.settings }}
{{- if not (hasKey $secret $name) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $_ := $secret }}
- name: {{ $name }}_FILE
  value: /run/secrets/redress/{{ $name | lower }}/value
{{- end }}
{{- end }}

{{- define "redress.mounts" -}}
{{- $component := .component }}
- {name: tmp, mountPath: /tmp}
{{- range .root.Values.secrets }}
{{- if or (not .for) (has $component .for) }}
- {name: {{ printf "secret-%s" (.setting | lower | replace "_" "-") }}, mountPath: /run/secrets/redress/{{ .setting | lower }}, readOnly: true}
{{- end }}
{{- end }}
{{- range $index, $file := .root.Values.files }}
{{- if or (not .for) (has $component .for) }}
- {name: files-{{ $index }}, mountPath: {{ .path }}, readOnly: true}
{{- end }}
{{- end }}
{{- range $name, $_ := .policies }}
- {name: policies, mountPath: /etc/redress/policies/{{ $name }}, subPath: {{ $name }}, readOnly: true}
{{- end }}
{{- end }}

{{- define "redress.volumes" -}}
{{- $component := .component }}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 16Mi}
{{- range .root.Values.secrets }}
{{- if or (not .for) (has $component .for) }}
- name: {{ printf "secret-%s" (.setting | lower | replace "_" "-") }}
  secret: {secretName: {{ .secret }}, defaultMode: 0440, items: [{key: {{ .key }}, path: value}]}
{{- end }}
{{- end }}
{{- range $index, $file := .root.Values.files }}
{{- if or (not .for) (has $component .for) }}
- name: files-{{ $index }}
  secret: {secretName: {{ .secret }}, defaultMode: 0440}
{{- end }}
{{- end }}
{{- if .policies }}
- name: policies
  configMap: {name: {{ include "redress.name" .root }}-policies}
{{- end }}
{{- end }}

{{/* A pod's own: nothing that it does not need. */}}
{{- define "redress.pod" -}}
enableServiceLinks: false
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "redress.shut" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "redress.spread" -}}
topologySpreadConstraints:
{{- $component := . }}
{{- range .root.Values.topologyKeys }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "redress.selector" $component | nindent 8 }}
{{- end }}
{{- end }}

{{/* The loop that stands still is restarted; who waits for Kafka or Redis is not ready, and stays. */}}
{{- define "redress.probes" -}}
startupProbe: {httpGet: {path: /healthz, port: metrics}, periodSeconds: 2, failureThreshold: 30}
livenessProbe: {httpGet: {path: /healthz, port: metrics}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3}
readinessProbe: {httpGet: {path: /readyz, port: metrics}, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2}
{{- end }}
