{{/* What every pod has in common: the restricted Pod Security standard, and no way to talk to the Kubernetes API. */}}

{{- define "headrace.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "headrace.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "headrace.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The mesh carries HTTP between the services; what PostgreSQL and Kafka speak is passed on as it is. */}}
{{- define "headrace.mesh" -}}
{{- $ports := list -}}
{{- range include "headrace.databases" . | fromJsonArray -}}
{{- $ports = append $ports (include "headrace.postgresql.port" (dict "root" $ "database" .)) -}}
{{- end -}}
{{- range include "headrace.kafka.ports" . | fromJsonArray -}}
{{- $ports = append $ports (toString .) -}}
{{- end -}}
{{- $ports = $ports | uniq | sortAlpha | join "," -}}
{{- if eq .Values.serviceMesh "linkerd" }}
linkerd.io/inject: enabled
config.linkerd.io/opaque-ports: {{ $ports | quote }}
config.linkerd.io/proxy-await: enabled
config.alpha.linkerd.io/proxy-enable-native-sidecar: "true"
{{- else if eq .Values.serviceMesh "istio" }}
traffic.sidecar.istio.io/excludeOutboundPorts: {{ $ports | quote }}
proxy.istio.io/config: '{"holdApplicationUntilProxyStarts": true}'
{{- end }}
{{- end -}}

{{- define "headrace.kafka.ports" -}}
{{- $ports := list -}}
{{- if .Values.kafka.strimzi.enabled -}}
{{- $ports = list 9093 -}}
{{- else -}}
{{- range splitList "," .Values.kafka.bootstrapServers -}}
{{- with regexFind ":[0-9]+$" (trim .) -}}
{{- $ports = append $ports (trimPrefix ":" . | int) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range .Values.networkPolicy.kafkaPorts -}}
{{- $ports = append $ports (int .) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{- define "headrace.meshLabels" -}}
{{- if eq .Values.serviceMesh "istio" }}
sidecar.istio.io/inject: "true"
{{- end }}
{{- end -}}

{{/* Jobs and tests end; a sidecar would not. */}}
{{- define "headrace.noMesh" -}}
{{- if eq .Values.serviceMesh "linkerd" }}
linkerd.io/inject: disabled
{{- end }}
{{- end -}}

{{- define "headrace.noMeshLabels" -}}
{{- if eq .Values.serviceMesh "istio" }}
sidecar.istio.io/inject: "false"
{{- end }}
{{- end -}}

{{/* Of (root, unit, tag?, labels, selector): the template of a unit's pods. */}}
{{- define "headrace.podTemplate" -}}
{{- $root := .root -}}
{{- $values := .unit.values -}}
{{- $database := dict "root" $root "database" .unit.database -}}
{{- $ca := and (ne .unit.key "queryService") (include "headrace.kafka.ca" $root) -}}
metadata:
  labels:
    {{- .labels | nindent 4 }}
    {{- with include "headrace.meshLabels" $root }}{{ . | trim | nindent 4 }}{{ end }}
    {{- with $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include "headrace.env" . | sha256sum }}
    {{- with include "headrace.mesh" $root }}{{ . | trim | nindent 4 }}{{ end }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ .unit.name }}
  {{- include "headrace.podSecurity" $root | nindent 2 }}
  {{- with include "headrace.pullSecrets" $root }}{{ . | trim | nindent 2 }}{{ end }}
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: {{ .unit.component }}
      image: {{ include "headrace.image" (dict "root" $root "image" $values.image "tag" .tag) }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      ports:
        - name: http
          containerPort: 8080
          protocol: TCP
      envFrom:
        - configMapRef:
            name: {{ .unit.name }}
      env:
        {{- include "headrace.env.secrets" . | trim | nindent 8 }}
      {{- include "headrace.containerSecurity" $root | nindent 6 }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      terminationMessagePolicy: FallbackToLogsOnError
      # A native image is up at the first look; a JVM on a busy node may take its time.
      startupProbe:
        httpGet: {path: /q/health/started, port: http}
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 90
      readinessProbe:
        httpGet: {path: /q/health/ready, port: http}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      livenessProbe:
        httpGet: {path: /q/health/live, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      lifecycle:
        preStop:
          # Requests still come until every node has heard that this pod leaves. There is no shell for an exec.
          sleep: {seconds: 5}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- if $ca }}
        - name: kafka-ca
          mountPath: /etc/headrace/kafka
          readOnly: true
        {{- end }}
        {{- with include "headrace.postgresql.caMount" $database }}{{ . | trim | nindent 8 }}{{ end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 256Mi}
    {{- with include "headrace.postgresql.caVolume" $database }}{{ . | trim | nindent 4 }}{{ end }}
    {{- if $ca }}
    - name: kafka-ca
      secret:
        secretName: {{ $ca }}
        items:
          - {key: {{ include "headrace.kafka.caKey" $root }}, path: {{ include "headrace.kafka.caKey" $root }}}
    {{- end }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- $.selector | nindent 10 }}
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Of (root, database): the certificate that a server's is verified with, where it is. */}}
{{- define "headrace.postgresql.caMount" -}}
{{- if include "headrace.postgresql.ca" . }}
- name: postgresql-ca
  mountPath: /etc/headrace/postgresql
  readOnly: true
{{- end }}
{{- end -}}

{{- define "headrace.postgresql.caVolume" -}}
{{- with include "headrace.postgresql.ca" . }}
- name: postgresql-ca
  secret:
    secretName: {{ . }}
    items:
      - {key: {{ include "headrace.postgresql.caKey" $ }}, path: {{ include "headrace.postgresql.caKey" $ }}}
{{- end }}
{{- end -}}
