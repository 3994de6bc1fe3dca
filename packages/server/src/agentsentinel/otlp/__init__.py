"""OTLP receiver for agents that are instrumented with OpenTelemetry: their tool spans become events."""
