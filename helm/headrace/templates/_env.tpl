{{/*
What the services read from their environment: docs/configuration.md has every variable, and a test holds these names to the
services. Each template answers with a map, of (root); passwords are references and are made apart.
*/}}

{{- define "headrace.env.every" -}}
QUARKUS_HTTP_PORT: "8080"
HEADRACE_LOG_JSON: {{ .Values.logging.json | quote }}
QUARKUS_LOG_LEVEL: {{ .Values.logging.level | quote }}
HEADRACE_OTEL_DISABLED: {{ not .Values.tracing.enabled | quote }}
{{- if .Values.tracing.enabled }}
QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT: {{ .Values.tracing.endpoint | quote }}
{{- end }}
{{- end -}}

{{- define "headrace.env.kafka" -}}
KAFKA_BOOTSTRAP_SERVERS: {{ include "headrace.kafka.bootstrapServers" . | quote }}
{{- $protocol := include "headrace.kafka.protocol" . }}
{{- if ne $protocol "PLAINTEXT" }}
KAFKA_SECURITY_PROTOCOL: {{ $protocol | quote }}
{{- if hasPrefix "SASL" $protocol }}
KAFKA_SASL_MECHANISM: {{ include "headrace.kafka.mechanism" . | quote }}
{{- end }}
{{- if include "headrace.kafka.ca" . }}
KAFKA_SSL_TRUSTSTORE_TYPE: PEM
KAFKA_SSL_TRUSTSTORE_LOCATION: /etc/headrace/kafka/{{ include "headrace.kafka.caKey" . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The event log, of (root, role). */}}
{{- define "headrace.env.commands" -}}
HEADRACE_DATABASE_HOST: {{ include "headrace.postgresql.host" (dict "root" .root "database" "commands") | quote }}
HEADRACE_DATABASE_PORT: {{ include "headrace.postgresql.port" (dict "root" .root "database" "commands") | quote }}
HEADRACE_DATABASE_NAME: {{ .root.Values.postgresql.commands.database | quote }}
HEADRACE_DATABASE_USER: {{ get (get .root.Values.postgresql.commands .role) "user" | quote }}
{{- end -}}

{{/* The views, of (root, role). */}}
{{- define "headrace.env.views" -}}
HEADRACE_VIEWS_HOST: {{ include "headrace.postgresql.host" (dict "root" .root "database" "views") | quote }}
HEADRACE_VIEWS_PORT: {{ include "headrace.postgresql.port" (dict "root" .root "database" "views") | quote }}
HEADRACE_VIEWS_NAME: {{ .root.Values.postgresql.views.database | quote }}
HEADRACE_VIEWS_USER: {{ get (get .root.Values.postgresql.views .role) "user" | quote }}
{{- end -}}

{{- define "headrace.env.commandService" -}}
{{ include "headrace.env.every" . }}
{{ include "headrace.env.commands" (dict "root" . "role" "writer") }}
{{ include "headrace.env.kafka" . }}
HEADRACE_DATABASE_POOL_SIZE: {{ .Values.commandService.poolSize | quote }}
HEADRACE_PROCESS_ENABLED: {{ .Values.commandService.processes | quote }}
QUARKUS_FLYWAY_MIGRATE_AT_START: "false"
{{- end -}}

{{- define "headrace.env.queryService" -}}
{{ include "headrace.env.every" . }}
{{ include "headrace.env.views" (dict "root" . "role" "reader") }}
HEADRACE_VIEWS_CONNECTIONS: {{ .Values.queryService.poolSize | quote }}
{{- $outside := and .Values.gateway.enabled (first .Values.gateway.hostnames) }}
HEADRACE_QUERY_LINKS_COMMANDS: {{ coalesce .Values.queryService.commandsUrl (ternary (printf "https://%v" $outside) "" (not (not $outside))) (printf "http://%s-command-service:8080" (include "headrace.fullname" .)) | quote }}
{{- end -}}

{{- define "headrace.env.outboxRelay" -}}
{{ include "headrace.env.every" . }}
{{ include "headrace.env.commands" (dict "root" . "role" "relay") }}
{{ include "headrace.env.kafka" . }}
HEADRACE_RELAY_TOPICS_PARTITIONS: {{ .Values.kafka.topics.partitions | quote }}
HEADRACE_RELAY_TOPICS_REPLICATION: {{ .Values.kafka.topics.replicationFactor | quote }}
HEADRACE_RELAY_TOPICS_SETTINGS__MIN_INSYNC_REPLICAS_: {{ .Values.kafka.topics.minInsyncReplicas | quote }}
HEADRACE_RELAY_TOPICS_SETTINGS__RETENTION_MS_: {{ .Values.kafka.topics.retentionMs | int64 | quote }}
{{- end -}}

{{- define "headrace.env.projectionWorker" -}}
{{ include "headrace.env.every" . }}
{{ include "headrace.env.views" (dict "root" . "role" "writer") }}
{{ include "headrace.env.kafka" . }}
HEADRACE_VIEWS_POOL_SIZE: {{ .Values.projectionWorker.poolSize | quote }}
HEADRACE_COMMAND_URL: {{ default (printf "http://%s-command-service:8080" (include "headrace.fullname" .)) .Values.projectionWorker.commandUrl | quote }}
QUARKUS_FLYWAY_MIGRATE_AT_START: "false"
{{- end -}}

{{/* Of (root, key): all that is no secret, with what the operator set for this service on top. */}}
{{- define "headrace.env" -}}
{{- $env := include (printf "headrace.env.%s" .key) .root | fromYaml -}}
{{- range $name, $value := get (get .root.Values .key) "env" -}}
{{- $_ := set $env $name (toString $value) -}}
{{- end -}}
{{- toYaml $env -}}
{{- end -}}

{{/* Of (root, key): the passwords, as references. */}}
{{- define "headrace.env.secrets" -}}
{{- if eq .key "commandService" }}
- name: HEADRACE_DATABASE_PASSWORD
  valueFrom:
    {{- include "headrace.postgresql.password" (dict "root" .root "database" "commands" "role" "writer") | nindent 4 }}
{{- else if eq .key "outboxRelay" }}
- name: HEADRACE_DATABASE_PASSWORD
  valueFrom:
    {{- include "headrace.postgresql.password" (dict "root" .root "database" "commands" "role" "relay") | nindent 4 }}
{{- else if eq .key "projectionWorker" }}
- name: HEADRACE_VIEWS_PASSWORD
  valueFrom:
    {{- include "headrace.postgresql.password" (dict "root" .root "database" "views" "role" "writer") | nindent 4 }}
{{- else if eq .key "queryService" }}
- name: HEADRACE_VIEWS_PASSWORD
  valueFrom:
    {{- include "headrace.postgresql.password" (dict "root" .root "database" "views" "role" "reader") | nindent 4 }}
{{- end }}
{{- if has .key (list "commandService" "queryService") }}
- name: HEADRACE_CONSISTENCY_KEYS
  valueFrom:
    secretKeyRef:
      name: {{ include "headrace.consistencySecret" .root }}
      key: {{ .root.Values.consistencyTokens.key }}
{{- end }}
{{- if and (ne .key "queryService") (hasPrefix "SASL" (include "headrace.kafka.protocol" .root)) }}
- name: KAFKA_SASL_JAAS_CONFIG
  valueFrom:
    secretKeyRef:
      name: {{ include "headrace.kafka.secret" . }}
      key: {{ include "headrace.kafka.secretKey" .root }}
{{- end }}
{{- range $name, $from := (get .root.Values .key).envSecrets }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.secret }}
      key: {{ $from.key }}
{{- end }}
{{- end -}}
