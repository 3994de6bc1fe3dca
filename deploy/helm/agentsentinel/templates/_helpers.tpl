{{- define "agentsentinel.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "agentsentinel.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "agentsentinel.labels" -}}
{{ include "agentsentinel.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "agentsentinel.secret" -}}
{{ .Values.secret.existing | default (include "agentsentinel.name" .) }}
{{- end }}

{{/* A Deployment of one role; call it with (dict "context" $ "role" "api" "port" 8000). */}}
{{- define "agentsentinel.deployment" -}}
{{- $values := index .context.Values .role -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "agentsentinel.name" .context }}-{{ .role }}
  labels:
    {{- include "agentsentinel.labels" .context | nindent 4 }}
    app.kubernetes.io/component: {{ .role }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  # An old and a new one work side by side: migrations only add, until the next release.
  strategy:
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
  selector:
    matchLabels:
      {{- include "agentsentinel.selector" .context | nindent 6 }}
      app.kubernetes.io/component: {{ .role }}
  template:
    metadata:
      labels:
        {{- include "agentsentinel.labels" .context | nindent 8 }}
        app.kubernetes.io/component: {{ .role }}
      annotations:
        # New settings or a new secret of the chart's own start new pods.
        checksum/settings: {{ list .context.Values.settings .context.Values.secret .context.Values.publicUrl | toJson | sha256sum }}
        prometheus.io/scrape: "true"
        prometheus.io/port: {{ .port | quote }}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      {{- with .context.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        seccompProfile: { type: RuntimeDefault }
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "agentsentinel.selector" .context | nindent 14 }}
              app.kubernetes.io/component: {{ .role }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .role }}
          {{- with .context.Values.image.digest }}
          image: "{{ $.context.Values.image.repository }}@{{ . }}"
          {{- else }}
          image: "{{ .context.Values.image.repository }}:{{ .context.Values.image.tag | default .context.Chart.AppVersion }}"
          {{- end }}
          imagePullPolicy: {{ .context.Values.image.pullPolicy }}
          command: ["agentsentinel", {{ .role | quote }}, "--host", "0.0.0.0", "--port", {{ .port | quote }}]
          ports:
            - { name: http, containerPort: {{ .port }} }
          envFrom:
            - secretRef:
                name: {{ include "agentsentinel.secret" .context }}
          env:
            - name: PUBLIC_URL
              value: {{ .context.Values.publicUrl | quote }}
            - name: TRUSTED_PROXIES
              value: {{ .context.Values.trustedProxies | toJson | quote }}
            {{- range $name, $value := .context.Values.settings }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
          startupProbe:
            httpGet: { path: /livez, port: http }
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /livez, port: http }
            periodSeconds: 10
            timeoutSeconds: 3
          readinessProbe:
            httpGet: { path: /readyz, port: http }
            periodSeconds: 3
            timeoutSeconds: 2
            failureThreshold: 2
          lifecycle:
            preStop:
              # Until no proxy sends it new requests any more; then SIGTERM, which answers what it has.
              exec: { command: ["sleep", "5"] }
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: ["ALL"] }
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
      volumes:
        - name: tmp
          emptyDir: {}
{{- end }}
