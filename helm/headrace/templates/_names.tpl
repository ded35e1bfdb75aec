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

{{/*
What is installed, as a list of units: (key, component, part, name, suffix, values, contexts, database). A unit is a Deployment with
all that belongs to it. There is one for each service, or, of the command service and the relay, one for each part: part is its name in
'commandServices', and empty where one command service serves every context.
*/}}
{{- define "headrace.units" -}}
{{- $v := .Values -}}
{{- $fullname := include "headrace.fullname" . -}}
{{- $units := list -}}
{{- range $part := include "headrace.commandServices" . | fromJsonArray -}}
{{- range $key := list "commandService" "outboxRelay" -}}
{{- if (get $v $key).enabled -}}
{{- $component := include "headrace.component" $key -}}
{{- $units = append $units (dict "key" $key "component" $component "part" $part.name "name" (printf "%s-%s%s" $fullname $component $part.suffix) "values" (get $part $key) "contexts" $part.contexts "database" $part.database) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key := list "queryService" "projectionWorker" -}}
{{- if (get $v $key).enabled -}}
{{- $component := include "headrace.component" $key -}}
{{- $units = append $units (dict "key" $key "component" $component "part" "" "name" (printf "%s-%s" $fullname $component) "values" (get $v $key) "database" (include "headrace.viewsDatabase" $ | fromJson)) -}}
{{- end -}}
{{- end -}}
{{- $units | toJson -}}
{{- end -}}

{{/* The command services, whether they are installed or not: a list of (name, suffix, contexts, url, commandService, outboxRelay, database). */}}
{{- define "headrace.commandServices" -}}
{{- $v := .Values -}}
{{- $parts := list -}}
{{- if $v.commandServices -}}
{{- range $name, $part := $v.commandServices -}}
{{- $called := printf "headrace_%s" (replace "-" "_" $name) -}}
{{- $settings := mergeOverwrite (deepCopy $v.postgresql.commands) (dict "database" $called "slot" $called) (deepCopy (default (dict) $part.database)) -}}
{{- $parts = append $parts (dict
      "name" $name
      "suffix" (printf "-%s" $name)
      "contexts" $part.contexts
      "commandService" (mergeOverwrite (deepCopy $v.commandService) (deepCopy (omit $part "contexts" "database" "relay")))
      "outboxRelay" (mergeOverwrite (deepCopy $v.outboxRelay) (deepCopy (default (dict) $part.relay)))
      "database" (dict "id" (printf "commands-%s" $name) "kind" "commands" "at" (printf "commandServices.%s.database" $name) "settings" $settings)) -}}
{{- end -}}
{{- else -}}
{{- $parts = list (dict
      "name" ""
      "suffix" ""
      "contexts" $v.contexts
      "commandService" $v.commandService
      "outboxRelay" $v.outboxRelay
      "database" (dict "id" "commands" "kind" "commands" "at" "postgresql.commands" "settings" $v.postgresql.commands)) -}}
{{- end -}}
{{- $parts | toJson -}}
{{- end -}}

{{/* Of (root, context): where inside of the cluster its commands are served. */}}
{{- define "headrace.commandUrl" -}}
{{- range $part := include "headrace.commandServices" .root | fromJsonArray -}}
{{- if has $.context $part.contexts -}}
{{- printf "http://%s-command-service%s:8080" (include "headrace.fullname" $.root) $part.suffix -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "headrace.viewsDatabase" -}}
{{- dict "id" "views" "kind" "views" "at" "postgresql.views" "settings" .Values.postgresql.views | toJson -}}
{{- end -}}

{{/* Every database: those of the command services, and that of the views. */}}
{{- define "headrace.databases" -}}
{{- $databases := list -}}
{{- range include "headrace.commandServices" . | fromJsonArray -}}
{{- $databases = append $databases .database -}}
{{- end -}}
{{- append $databases (include "headrace.viewsDatabase" . | fromJson) | toJson -}}
{{- end -}}

{{/* Of (root, component, part?, track?): what never changes, for selectors. */}}
{{- define "headrace.selectorLabels" -}}
app.kubernetes.io/name: {{ include "headrace.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .part }}
headrace.io/command-service: {{ . }}
{{- end }}
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

{{/* Of (root, database), database being one of "headrace.databases". */}}
{{- define "headrace.postgresql.cluster" -}}
{{- printf "%s-%s" (include "headrace.fullname" .root) .database.id -}}
{{- end -}}

{{- define "headrace.postgresql.host" -}}
{{- if .root.Values.postgresql.cloudnativepg.enabled -}}
{{- include "headrace.postgresql.cluster" . }}-rw
{{- else -}}
{{- .database.settings.host -}}
{{- end -}}
{{- end -}}

{{/* CloudNativePG's services listen on 5432, whatever the values say of another server. */}}
{{- define "headrace.postgresql.port" -}}
{{- if .root.Values.postgresql.cloudnativepg.enabled -}}5432{{- else -}}
{{- .database.settings.port -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the authority of the server's certificate, where it is to be verified. CloudNativePG has one for each cluster. */}}
{{- define "headrace.postgresql.ca" -}}
{{- $tls := .database.settings.tls -}}
{{- if hasPrefix "verify" $tls.mode -}}
{{- if and .root.Values.postgresql.cloudnativepg.enabled (not $tls.ca.secret) -}}
{{- include "headrace.postgresql.cluster" . }}-ca
{{- else -}}
{{- $tls.ca.secret -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "headrace.postgresql.caKey" -}}
{{- ternary "ca.crt" .database.settings.tls.ca.key (and .root.Values.postgresql.cloudnativepg.enabled (not .database.settings.tls.ca.secret)) -}}
{{- end -}}

{{/* Of (root, database, role): the Secret with the password of a role. */}}
{{- define "headrace.postgresql.secret" -}}
{{- $role := get .database.settings .role -}}
{{- if $role.secret -}}
{{- $role.secret -}}
{{- else -}}
{{- printf "%s-%s-%s" (include "headrace.fullname" .root) .database.id .role -}}
{{- end -}}
{{- end -}}

{{/* The reference to it, for an env. */}}
{{- define "headrace.postgresql.password" -}}
secretKeyRef:
  name: {{ include "headrace.postgresql.secret" . }}
  key: {{ (get .database.settings .role).key }}
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
