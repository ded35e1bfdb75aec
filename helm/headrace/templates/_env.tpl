{{/*
What the services read from their environment: docs/configuration.md has every variable, and a test holds these names to the
services. The template of a service answers with a map, of (root, unit); passwords are references and are made apart.
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

{{/* Behind preStop's sleep, after which no new connection comes: for those that clients keep. */}}
{{- define "headrace.env.drain" -}}
HEADRACE_HTTP_DRAIN: 3S
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

{{/* The event log, of (root, database, role). */}}
{{- define "headrace.env.commands" -}}
HEADRACE_DATABASE_HOST: {{ include "headrace.postgresql.host" . | quote }}
HEADRACE_DATABASE_PORT: {{ include "headrace.postgresql.port" . | quote }}
HEADRACE_DATABASE_NAME: {{ .database.settings.database | quote }}
HEADRACE_DATABASE_USER: {{ (get .database.settings .role).user | quote }}
{{- include "headrace.env.encryption" (dict "root" .root "database" .database "prefix" "HEADRACE_DATABASE") }}
{{- end -}}

{{/* Of (root, database, prefix). */}}
{{- define "headrace.env.encryption" -}}
{{- if ne .database.settings.tls.mode "disable" }}
{{ .prefix }}_SSL_MODE: {{ .database.settings.tls.mode }}
{{- end }}
{{- if include "headrace.postgresql.ca" . }}
{{ .prefix }}_SSL_CA: /etc/headrace/postgresql/{{ include "headrace.postgresql.caKey" . }}
{{- end }}
{{- end -}}

{{/* The views, of (root, database, role). */}}
{{- define "headrace.env.views" -}}
HEADRACE_VIEWS_HOST: {{ include "headrace.postgresql.host" . | quote }}
HEADRACE_VIEWS_PORT: {{ include "headrace.postgresql.port" . | quote }}
HEADRACE_VIEWS_NAME: {{ .database.settings.database | quote }}
HEADRACE_VIEWS_USER: {{ (get .database.settings .role).user | quote }}
{{- include "headrace.env.encryption" (dict "root" .root "database" .database "prefix" "HEADRACE_VIEWS") }}
{{- end -}}

{{/* Of (root, prefix?, except?): where the commands of each context are served, but for some; nothing where one service serves all. */}}
{{- define "headrace.env.commandUrls" -}}
{{- if .root.Values.commandServices }}
{{- range $context := .root.Values.contexts }}
{{- if not (has $context (default (list) $.except)) }}
{{ default "HEADRACE_COMMAND_URLS" $.prefix }}__{{ upper $context }}_: {{ include "headrace.commandUrl" (dict "root" $.root "context" $context) | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "headrace.env.commandService" -}}
{{ include "headrace.env.every" .root }}
{{ include "headrace.env.drain" . }}
{{ include "headrace.env.commands" (dict "root" .root "database" .unit.database "role" "writer") }}
{{ include "headrace.env.kafka" .root }}
HEADRACE_DATABASE_POOL_SIZE: {{ .unit.values.poolSize | quote }}
HEADRACE_PROCESS_ENABLED: {{ .unit.values.processes | quote }}
{{- if .unit.part }}
HEADRACE_COMMANDS_CONTEXTS: {{ join "," .unit.contexts | quote }}
{{- end }}
{{- include "headrace.env.commandUrls" (dict "root" .root "except" .unit.contexts) }}
QUARKUS_FLYWAY_MIGRATE_AT_START: "false"
{{- end -}}

{{- define "headrace.env.queryService" -}}
{{ include "headrace.env.every" .root }}
{{ include "headrace.env.drain" . }}
{{ include "headrace.env.views" (dict "root" .root "database" .unit.database "role" "reader") }}
HEADRACE_VIEWS_CONNECTIONS: {{ .unit.values.poolSize | quote }}
{{- $gateway := .root.Values.gateway }}
{{- $outside := and $gateway.enabled (first $gateway.hostnames) }}
{{- $edge := coalesce .unit.values.commandsUrl (ternary (printf "https://%v" $outside) "" (not (not $outside))) }}
HEADRACE_QUERY_LINKS_COMMANDS: {{ default (include "headrace.commandUrl" (dict "root" .root "context" (first .root.Values.contexts))) $edge | quote }}
{{- if not $edge }}
{{- include "headrace.env.commandUrls" (dict "root" .root "prefix" "HEADRACE_QUERY_LINKS_CONTEXTS") }}
{{- end }}
{{- end -}}

{{- define "headrace.env.outboxRelay" -}}
{{ include "headrace.env.every" .root }}
{{ include "headrace.env.commands" (dict "root" .root "database" .unit.database "role" "relay") }}
{{ include "headrace.env.kafka" .root }}
{{- $topics := .root.Values.kafka.topics }}
HEADRACE_RELAY_SLOT: {{ .unit.database.settings.slot | quote }}
HEADRACE_RELAY_TOPICS_PARTITIONS: {{ $topics.partitions | quote }}
HEADRACE_RELAY_TOPICS_REPLICATION: {{ $topics.replicationFactor | quote }}
HEADRACE_RELAY_TOPICS_SETTINGS__MIN_INSYNC_REPLICAS_: {{ $topics.minInsyncReplicas | quote }}
HEADRACE_RELAY_TOPICS_SETTINGS__RETENTION_MS_: {{ $topics.retentionMs | int64 | quote }}
{{- end -}}

{{- define "headrace.env.projectionWorker" -}}
{{ include "headrace.env.every" .root }}
{{ include "headrace.env.views" (dict "root" .root "database" .unit.database "role" "writer") }}
{{ include "headrace.env.kafka" .root }}
HEADRACE_VIEWS_POOL_SIZE: {{ .unit.values.poolSize | quote }}
HEADRACE_COMMAND_URL: {{ default (include "headrace.commandUrl" (dict "root" .root "context" (first .root.Values.contexts))) .unit.values.commandUrl | quote }}
{{- if not .unit.values.commandUrl }}
{{- include "headrace.env.commandUrls" (dict "root" .root) }}
{{- end }}
QUARKUS_FLYWAY_MIGRATE_AT_START: "false"
{{- end -}}

{{/* Of (root, unit): all that is no secret, with what the operator set for this service on top. */}}
{{- define "headrace.env" -}}
{{- $env := include (printf "headrace.env.%s" .unit.key) . | fromYaml -}}
{{- range $name, $value := .unit.values.env -}}
{{- /* To Helm every number is a float, and a large one would come out as 1.6e+07. */}}
{{- if and (kindIs "float64" $value) (eq $value (floor $value)) -}}{{- $value = int64 $value -}}{{- end -}}
{{- $_ := set $env $name (toString $value) -}}
{{- end -}}
{{- toYaml $env -}}
{{- end -}}

{{/* Of (root, unit): the passwords, as references. */}}
{{- define "headrace.env.secrets" -}}
{{- $key := .unit.key -}}
{{- $role := get (dict "commandService" "writer" "outboxRelay" "relay" "projectionWorker" "writer" "queryService" "reader") $key -}}
- name: HEADRACE_{{ ternary "VIEWS" "DATABASE" (eq .unit.database.kind "views") }}_PASSWORD
  valueFrom:
    {{- include "headrace.postgresql.password" (dict "root" .root "database" .unit.database "role" $role) | nindent 4 }}
{{- if has $key (list "commandService" "queryService") }}
- name: HEADRACE_CONSISTENCY_KEYS
  valueFrom:
    secretKeyRef:
      name: {{ include "headrace.consistencySecret" .root }}
      key: {{ .root.Values.consistencyTokens.key }}
{{- end }}
{{- if and (ne $key "queryService") (hasPrefix "SASL" (include "headrace.kafka.protocol" .root)) }}
- name: KAFKA_SASL_JAAS_CONFIG
  valueFrom:
    secretKeyRef:
      name: {{ include "headrace.kafka.secret" (dict "root" .root "key" $key) }}
      key: {{ include "headrace.kafka.secretKey" .root }}
{{- end }}
{{- range $name, $from := .unit.values.envSecrets }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.secret }}
      key: {{ $from.key }}
{{- end }}
{{- end -}}
