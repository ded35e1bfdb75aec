{{/* Names, labels and images. A component is one of the four services: its key in the values, and its name. */}}

{{- define "headrace.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters, so that the longest suffix still makes a name of 63. */}}
{{- define "headrace.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "headrace.name" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "headrace.component" -}}
{{- get (dict "commandService" "command-service" "queryService" "query-service" "outboxRelay" "outbox-relay" "projectionWorker" "projection-worker") . -}}
{{- end -}}

{{- define "headrace.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ default .Chart.AppVersion .Values.image.tag | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: headrace
{{- end -}}

{{/* Of (root, component, track?): what never changes, for selectors. */}}
{{- define "headrace.selectorLabels" -}}
app.kubernetes.io/name: {{ include "headrace.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .track }}
headrace.io/track: {{ . }}
{{- end }}
{{- end -}}

{{- define "headrace.labels" -}}
{{ include "headrace.selectorLabels" . }}
{{ include "headrace.commonLabels" .root }}
{{- end -}}

{{/* Of (root, image, tag?): a digest wins over every tag. */}}
{{- define "headrace.image" -}}
{{- $registry := default .root.Values.image.registry .image.registry -}}
{{- $name := ternary (printf "%s/%s" $registry .image.repository) .image.repository (ne (default "" $registry) "") -}}
{{- if and .image.digest (not .tag) -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (coalesce .tag .image.tag .root.Values.image.tag .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* ---- Where the databases and Kafka are ---- */}}

{{- define "headrace.postgresql.cluster" -}}
{{- printf "%s-%s" (include "headrace.fullname" .root) .database -}}
{{- end -}}

{{- define "headrace.postgresql.host" -}}
{{- if .root.Values.postgresql.cloudnativepg.enabled -}}
{{- include "headrace.postgresql.cluster" . }}-rw
{{- else -}}
{{- get (get .root.Values.postgresql .database) "host" -}}
{{- end -}}
{{- end -}}

{{/* CloudNativePG's services listen on 5432, whatever the values say of another server. */}}
{{- define "headrace.postgresql.port" -}}
{{- if .root.Values.postgresql.cloudnativepg.enabled -}}5432{{- else -}}
{{- get (get .root.Values.postgresql .database) "port" -}}
{{- end -}}
{{- end -}}

{{/* Of (root, database, role): the Secret with the password of a role. */}}
{{- define "headrace.postgresql.secret" -}}
{{- $role := get (get .root.Values.postgresql .database) .role -}}
{{- if $role.secret -}}
{{- $role.secret -}}
{{- else -}}
{{- printf "%s-%s-%s" (include "headrace.fullname" .root) .database .role -}}
{{- end -}}
{{- end -}}

{{/* The reference to it, for an env. */}}
{{- define "headrace.postgresql.password" -}}
secretKeyRef:
  name: {{ include "headrace.postgresql.secret" . }}
  key: {{ get (get (get .root.Values.postgresql .database) .role) "key" }}
{{- end -}}

{{- define "headrace.consistencySecret" -}}
{{- default (printf "%s-consistency" (include "headrace.fullname" .)) .Values.consistencyTokens.secret -}}
{{- end -}}

{{- define "headrace.kafka.name" -}}
{{- printf "%s-kafka" (include "headrace.fullname" .) -}}
{{- end -}}

{{- define "headrace.kafka.bootstrapServers" -}}
{{- if .Values.kafka.strimzi.enabled -}}
{{- printf "%s-kafka-bootstrap:9093" (include "headrace.kafka.name" .) -}}
{{- else -}}
{{- .Values.kafka.bootstrapServers -}}
{{- end -}}
{{- end -}}

{{- define "headrace.kafka.protocol" -}}
{{- ternary "SASL_SSL" .Values.kafka.security.protocol .Values.kafka.strimzi.enabled -}}
{{- end -}}

{{- define "headrace.kafka.mechanism" -}}
{{- ternary "SCRAM-SHA-512" .Values.kafka.security.mechanism .Values.kafka.strimzi.enabled -}}
{{- end -}}

{{/* Of (root, key): the Secret with the login of a service. Strimzi names it after the user. */}}
{{- define "headrace.kafka.secret" -}}
{{- if .root.Values.kafka.strimzi.enabled -}}
{{- printf "%s-%s" (include "headrace.fullname" .root) (include "headrace.component" .key) -}}
{{- else -}}
{{- get .root.Values.kafka.security.secrets .key -}}
{{- end -}}
{{- end -}}

{{- define "headrace.kafka.secretKey" -}}
{{- ternary "sasl.jaas.config" .Values.kafka.security.key .Values.kafka.strimzi.enabled -}}
{{- end -}}

{{/* The Secret with the authority that signed Kafka's certificates; empty: one that every machine trusts. */}}
{{- define "headrace.kafka.ca" -}}
{{- if .Values.kafka.strimzi.enabled -}}
{{- printf "%s-cluster-ca-cert" (include "headrace.kafka.name" .) -}}
{{- else if hasSuffix "SSL" .Values.kafka.security.protocol -}}
{{- .Values.kafka.security.ca.secret -}}
{{- end -}}
{{- end -}}

{{- define "headrace.kafka.caKey" -}}
{{- ternary "ca.crt" .Values.kafka.security.ca.key .Values.kafka.strimzi.enabled -}}
{{- end -}}
