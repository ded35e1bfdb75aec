{{/* What the schema cannot see, because it is about several values at once. Each failure is a sentence that names the value. */}}

{{- define "headrace.check" -}}
{{- $v := .Values -}}

{{- $seen := list -}}
{{- range $v.contexts -}}
{{- if has . $seen -}}
{{- fail (printf "The context '%s' is named twice in 'contexts'." .) -}}
{{- end -}}
{{- $seen = append $seen . -}}
{{- end -}}

{{- if $v.commandServices -}}
{{- include "headrace.checkParts" . -}}
{{- end -}}

{{- if $v.postgresql.cloudnativepg.enabled -}}
{{- range $database := include "headrace.databases" . | fromJsonArray -}}
{{- if $database.settings.host -}}
{{- fail (printf "'%s.host' is %s, but 'postgresql.cloudnativepg.enabled' makes a server of the release's own: leave out one of them." $database.at $database.settings.host) -}}
{{- end -}}
{{- range $role := list "owner" "writer" "relay" "reader" -}}
{{- with get $database.settings $role -}}
{{- if ne .key "password" -}}
{{- fail (printf "'%s.%s.key' is %s, but CloudNativePG reads a role's password from the key 'password'." $database.at $role .key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not $v.postgresql.cloudnativepg.enabled -}}
{{- range $database := include "headrace.databasesInUse" . | fromJsonArray -}}
{{- if not $database.settings.host -}}
{{- fail (printf "No PostgreSQL for the %s: set '%s.host', or 'postgresql.cloudnativepg.enabled' if the operator CloudNativePG is in the cluster." $database.kind $database.at) -}}
{{- end -}}
{{- end -}}
{{- range $database := include "headrace.databasesInUse" . | fromJsonArray -}}
{{- if and (hasPrefix "verify" $database.settings.tls.mode) (not $database.settings.tls.ca.secret) -}}
{{- fail (printf "'%s.tls.mode' is %s, so name the Secret with the certificate of the server's authority in '%s.tls.ca.secret'." $database.at $database.settings.tls.mode $database.at) -}}
{{- end -}}
{{- end -}}
{{- range $need := include "headrace.roles" . | fromJsonArray -}}
{{- if not $need.settings.secret -}}
{{- fail (printf "No Secret with the password of the role '%s': create one and name it in '%s.secret'." $need.settings.user $need.at) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- $speaks := list -}}
{{- range $key := list "commandService" "outboxRelay" "projectionWorker" -}}
{{- if (get $v $key).enabled -}}
{{- $speaks = append $speaks $key -}}
{{- end -}}
{{- end -}}
{{- if and $speaks (not $v.kafka.strimzi.enabled) -}}
{{- if not $v.kafka.bootstrapServers -}}
{{- fail "No Kafka: set 'kafka.bootstrapServers', or 'kafka.strimzi.enabled' if the operator Strimzi is in the cluster." -}}
{{- end -}}
{{- if hasPrefix "SASL" $v.kafka.security.protocol -}}
{{- range $speaks -}}
{{- if not (get $v.kafka.security.secrets .) -}}
{{- fail (printf "No Secret with the Kafka login of the %s: 'kafka.security.protocol' is %s, so name one in 'kafka.security.secrets.%s'." (include "headrace.component" .) $v.kafka.security.protocol .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $v.kafka.strimzi.enabled $v.kafka.bootstrapServers -}}
{{- fail (printf "'kafka.bootstrapServers' is %s, but 'kafka.strimzi.enabled' makes a Kafka of the release's own: leave out one of them." $v.kafka.bootstrapServers) -}}
{{- end -}}
{{- if and $v.kafka.strimzi.enabled (gt (int $v.kafka.topics.replicationFactor) (int $v.kafka.strimzi.brokers)) -}}
{{- fail (printf "'kafka.topics.replicationFactor' is %d, but 'kafka.strimzi.brokers' only %d." (int $v.kafka.topics.replicationFactor) (int $v.kafka.strimzi.brokers)) -}}
{{- end -}}
{{- if gt (int $v.kafka.topics.minInsyncReplicas) (int $v.kafka.topics.replicationFactor) -}}
{{- fail (printf "'kafka.topics.minInsyncReplicas' is %d, above 'kafka.topics.replicationFactor', %d: nothing could be written." (int $v.kafka.topics.minInsyncReplicas) (int $v.kafka.topics.replicationFactor)) -}}
{{- end -}}

{{- if and $v.projectionWorker.enabled (not $v.commandService.enabled) (not $v.projectionWorker.commandUrl) -}}
{{- fail "The workers fill gaps and rebuilds from the event log: without 'commandService.enabled', name the command service of another release in 'projectionWorker.commandUrl'." -}}
{{- end -}}

{{- if and $v.queryService.enabled (not $v.commandService.enabled) (not $v.queryService.commandsUrl) (not (and $v.gateway.enabled $v.gateway.hostnames)) -}}
{{- fail "The answers to queries link to commands: without 'commandService.enabled', say in 'queryService.commandsUrl' where clients reach the command service of another release." -}}
{{- end -}}

{{- if and $v.queryService.enabled (not $v.commandService.enabled) (not $v.consistencyTokens.secret) -}}
{{- fail "The query service needs the keys by which the command service of another release makes consistency tokens: name their Secret in 'consistencyTokens.secret'." -}}
{{- end -}}

{{- range $key := list "commandService" "queryService" -}}
{{- $scaling := (get $v $key).autoscaling -}}
{{- if and $scaling.enabled (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- fail (printf "'%s.autoscaling.minReplicas' is %d, above its 'maxReplicas', %d." $key (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- with $v.projectionWorker.keda -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail (printf "'projectionWorker.keda.minReplicas' is %d, above its 'maxReplicas', %d." (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- if and .enabled (gt (int .maxReplicas) (int $v.kafka.topics.partitions)) -}}
{{- fail (printf "'projectionWorker.keda.maxReplicas' is %d, but a topic has %d partitions ('kafka.topics.partitions'): further workers would have nothing to do." (int .maxReplicas) (int $v.kafka.topics.partitions)) -}}
{{- end -}}
{{- end -}}

{{- with $v.gateway -}}
{{- if and .enabled (not .parentRefs) -}}
{{- fail "'gateway.enabled' needs the Gateway to attach to: name it in 'gateway.parentRefs'." -}}
{{- end -}}
{{- if and .enabled (not (or $v.commandService.enabled $v.queryService.enabled)) -}}
{{- fail "'gateway.enabled' needs 'commandService.enabled' or 'queryService.enabled': its routes lead there." -}}
{{- end -}}
{{- if .enabled -}}
{{- range .queryPaths -}}
{{- if has (trimPrefix "/" .) $v.contexts -}}
{{- fail (printf "'gateway.queryPaths' has %s, where the commands of the context '%s' are." . (trimPrefix "/" .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .canary.enabled (not .canary.tag) -}}
{{- fail "'gateway.canary.enabled' needs the version to try: set 'gateway.canary.tag'." -}}
{{- end -}}
{{- if and .canary.enabled (not .enabled) -}}
{{- fail "'gateway.canary.enabled' needs 'gateway.enabled': the route shares the requests out." -}}
{{- end -}}
{{- if and .envoy.jwt.enabled (not .envoy.jwt.providers) -}}
{{- fail "'gateway.envoy.jwt.enabled' needs an issuer of tokens: name one in 'gateway.envoy.jwt.providers'." -}}
{{- end -}}
{{- end -}}

{{- if and $v.tracing.enabled (not $v.tracing.endpoint) -}}
{{- fail "'tracing.enabled' needs a collector: set 'tracing.endpoint', such as http://collector.observability:4317." -}}
{{- end -}}

{{- include "headrace.checkApis" . -}}
{{- include "headrace.checkSecrets" . -}}
{{- end -}}

{{/* Each context is served by one command service, and each of these has a database, a slot and names of its own. */}}
{{- define "headrace.checkParts" -}}
{{- $v := .Values -}}
{{- $served := dict -}}
{{- $databases := dict -}}
{{- $slots := dict -}}
{{- range $part := include "headrace.commandServices" . | fromJsonArray -}}
{{- range $part.contexts -}}
{{- if hasKey $served . -}}
{{- $other := get $served . -}}
{{- if eq $other $part.name -}}
{{- fail (printf "The context '%s' is named twice in 'commandServices.%s.contexts'." . $part.name) -}}
{{- end -}}
{{- fail (printf "The context '%s' is named twice: in 'commandServices.%s.contexts' and in 'commandServices.%s.contexts'. One command service serves it, from one database." . $other $part.name) -}}
{{- end -}}
{{- if not (has . $v.contexts) -}}
{{- fail (printf "'commandServices.%s.contexts' names the context '%s', which 'contexts' does not have: %s." $part.name . (join ", " $v.contexts)) -}}
{{- end -}}
{{- $_ := set $served . $part.name -}}
{{- end -}}
{{- with $part.database.settings -}}
{{- $place := ternary $part.database.id (printf "%s:%v/%s" .host .port .database) $v.postgresql.cloudnativepg.enabled -}}
{{- if hasKey $databases $place -}}
{{- fail (printf "'commandServices.%s' and 'commandServices.%s' have the same database, %s: each event log needs one of its own." (get $databases $place) $part.name $place) -}}
{{- end -}}
{{- $_ := set $databases $place $part.name -}}
{{- if hasKey $slots .slot -}}
{{- fail (printf "'commandServices.%s' and 'commandServices.%s' have the same 'database.slot', %s: the relays would take one another's place in Kafka." (get $slots .slot) $part.name .slot) -}}
{{- end -}}
{{- $_ := set $slots .slot $part.name -}}
{{- end -}}
{{- $longest := printf "%s-command-service%s%s" (include "headrace.fullname" $) $part.suffix (ternary "-canary" "" $v.gateway.canary.enabled) -}}
{{- if gt (len $longest) 63 -}}
{{- fail (printf "The name '%s' in 'commandServices' makes names that are too long for Kubernetes (%s): choose a shorter one, or a shorter 'fullnameOverride'." $part.name $longest) -}}
{{- end -}}
{{- with $part.commandService.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail (printf "'commandServices.%s.autoscaling.minReplicas' is %d, above its 'maxReplicas', %d." $part.name (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $v.contexts -}}
{{- if not (hasKey $served .) -}}
{{- fail (printf "No command service serves the context '%s' of 'contexts': name it in the 'contexts' of one of 'commandServices'." .) -}}
{{- end -}}
{{- end -}}
{{- if and $v.gateway.batch (gt (len $v.commandServices) 1) -}}
{{- fail "'gateway.batch' leads to one command service, and 'commandServices' has several: many commands in one request go to the service of their contexts, inside of the cluster." -}}
{{- end -}}
{{- end -}}

{{/* The databases that something of this release connects to. */}}
{{- define "headrace.databasesInUse" -}}
{{- $v := .Values -}}
{{- $databases := list -}}
{{- range include "headrace.databases" . | fromJsonArray -}}
{{- if ternary (or $v.commandService.enabled $v.outboxRelay.enabled) (or $v.queryService.enabled $v.projectionWorker.enabled) (eq .kind "commands") -}}
{{- $databases = append $databases . -}}
{{- end -}}
{{- end -}}
{{- $databases | toJson -}}
{{- end -}}

{{/* The roles whose passwords somebody needs, as (at, settings). */}}
{{- define "headrace.roles" -}}
{{- $v := .Values -}}
{{- $roles := list -}}
{{- range $database := include "headrace.databasesInUse" . | fromJsonArray -}}
{{- $commands := eq $database.kind "commands" -}}
{{- $writes := ternary $v.commandService.enabled $v.projectionWorker.enabled $commands -}}
{{- $needs := list -}}
{{- if and $writes $v.migrations.enabled -}}{{- $needs = append $needs "owner" -}}{{- end -}}
{{- if $writes -}}{{- $needs = append $needs "writer" -}}{{- end -}}
{{- if and $commands $v.outboxRelay.enabled -}}{{- $needs = append $needs "relay" -}}{{- end -}}
{{- if and (not $commands) $v.queryService.enabled -}}{{- $needs = append $needs "reader" -}}{{- end -}}
{{- range $needs -}}
{{- $settings := get $database.settings . -}}
{{- /* A role that a command service takes over from the others is to be mended there. */}}
{{- $own := and (ne $database.at "postgresql.views") (ne $database.at "postgresql.commands") (dig . (dict) (dig (trimPrefix "commands-" $database.id) "database" (dict) $v.commandServices)) -}}
{{- $roles = append $roles (dict "at" (printf "%s.%s" (ternary $database.at (printf "postgresql.%s" $database.kind) (not (not $own))) .) "settings" $settings) -}}
{{- end -}}
{{- end -}}
{{- $roles | toJson -}}
{{- end -}}

{{/* An operator that is not there would let its resources fail one by one. Only a cluster can say: 'helm template' knows of none. */}}
{{- define "headrace.checkApis" -}}
{{- $v := .Values -}}
{{- $envoy := $v.gateway.envoy -}}
{{- $needs := list
      (list $v.postgresql.cloudnativepg.enabled "postgresql.cnpg.io/v1" "postgresql.cloudnativepg.enabled" "CloudNativePG")
      (list $v.kafka.strimzi.enabled "kafka.strimzi.io/v1" "kafka.strimzi.enabled" "Strimzi, 0.49 or later")
      (list (and $v.projectionWorker.enabled $v.projectionWorker.keda.enabled) "keda.sh/v1alpha1" "projectionWorker.keda.enabled" "KEDA")
      (list $v.gateway.enabled "gateway.networking.k8s.io/v1" "gateway.enabled" "a Gateway API controller")
      (list (and $v.gateway.enabled (or $envoy.jwt.enabled $envoy.rateLimit.enabled $envoy.retries.enabled $envoy.circuitBreaker.enabled $envoy.allowedIPs)) "gateway.envoyproxy.io/v1alpha1" "gateway.envoy" "Envoy Gateway")
      (list (and $v.postgresql.cloudnativepg.enabled $v.postgresql.cloudnativepg.monitoring) "monitoring.coreos.com/v1" "postgresql.cloudnativepg.monitoring" "the Prometheus operator")
      (list (or $v.metrics.serviceMonitor.enabled $v.metrics.rules.enabled) "monitoring.coreos.com/v1" "metrics.serviceMonitor or metrics.rules" "the Prometheus operator")
-}}
{{- if include "headrace.inCluster" . -}}
{{- range $needs -}}
{{- if and (index . 0) (not ($.Capabilities.APIVersions.Has (index . 1))) -}}
{{- fail (printf "'%s' needs %s: this cluster does not know %s." (index . 2) (index . 3) (index . 1)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Without a cluster a list is an empty map; with one it has a kind, even if nothing is in it. */}}
{{- define "headrace.inCluster" -}}
{{- if .Values.checkSecrets -}}
{{- with lookup "v1" "Secret" .Release.Namespace "" -}}
{{- if .kind -}}yes{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A Secret that is missing would leave pods waiting for it; better no release at all. */}}
{{- define "headrace.checkSecrets" -}}
{{- $v := .Values -}}
{{- if include "headrace.inCluster" . -}}
{{- $needs := list -}}
{{- range $index, $secret := $v.image.pullSecrets -}}
{{- $needs = append $needs (list $secret "" (printf "image.pullSecrets[%d]" $index)) -}}
{{- end -}}
{{- range $need := include "headrace.roles" . | fromJsonArray -}}
{{- if $need.settings.secret -}}
{{- $needs = append $needs (list $need.settings.secret $need.settings.key $need.at) -}}
{{- if $v.postgresql.cloudnativepg.enabled -}}
{{- $needs = append $needs (list $need.settings.secret "username" $need.at $need.settings.user) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not $v.kafka.strimzi.enabled -}}
{{- if hasPrefix "SASL" $v.kafka.security.protocol -}}
{{- range $key, $secret := $v.kafka.security.secrets -}}
{{- if and $secret (get $v $key).enabled -}}
{{- $needs = append $needs (list $secret $v.kafka.security.key (printf "kafka.security.secrets.%s" $key)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with include "headrace.kafka.ca" . -}}
{{- $needs = append $needs (list . $v.kafka.security.ca.key "kafka.security.ca") -}}
{{- end -}}
{{- end -}}
{{- range $database := include "headrace.databasesInUse" . | fromJsonArray -}}
{{- with $database.settings.tls -}}
{{- if and (hasPrefix "verify" .mode) .ca.secret -}}
{{- $needs = append $needs (list .ca.secret .ca.key (printf "%s.tls.ca" $database.at)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $v.consistencyTokens.secret -}}
{{- $needs = append $needs (list $v.consistencyTokens.secret $v.consistencyTokens.key "consistencyTokens") -}}
{{- end -}}
{{- range $unit := include "headrace.units" . | fromJsonArray -}}
{{- range $name, $from := $unit.values.envSecrets -}}
{{- $own := and $unit.part (eq $unit.key "commandService") (dig $unit.part "envSecrets" $name (dict) $v.commandServices) -}}
{{- $needs = append $needs (list $from.secret $from.key (printf "%s.envSecrets.%s" (ternary (printf "commandServices.%s" $unit.part) $unit.key (not (not $own))) $name)) -}}
{{- end -}}
{{- end -}}
{{- range $needs -}}
{{- $secret := lookup "v1" "Secret" $.Release.Namespace (index . 0) -}}
{{- if not $secret -}}
{{- fail (printf "The Secret '%s' that '%s' names is not in the namespace '%s'." (index . 0) (index . 2) $.Release.Namespace) -}}
{{- end -}}
{{- if and (index . 1) (not (hasKey (default (dict) $secret.data) (index . 1))) -}}
{{- fail (printf "The Secret '%s' that '%s' names has no key '%s'." (index . 0) (index . 2) (index . 1)) -}}
{{- end -}}
{{- if and (gt (len .) 3) (ne (last .) (get $secret.data (index . 1) | b64dec)) -}}
{{- fail (printf "The Secret '%s' that '%s' names is not of the role '%s': CloudNativePG wants the role's name under its key 'username'." (index . 0) (index . 2) (last .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
