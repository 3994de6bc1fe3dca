# The platform: dashboard, API and worker in one image. `docker compose up -d` runs it as both; docs/operations.md.

FROM node:20-bookworm-slim AS dashboard
WORKDIR /src/ui
COPY ui/package.json ui/package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund --no-progress
COPY ui ./
RUN npm run --silent bundle

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/agentsentinel
ENV PATH=/opt/agentsentinel/bin:$PATH
WORKDIR /src
COPY requirements/image.txt requirements/
RUN pip install --require-hashes -r requirements/image.txt
COPY LICENSE README.md ./
COPY packages/core packages/core
COPY packages/server packages/server
COPY --from=dashboard /src/packages/server/src/agentsentinel/dashboard/built packages/server/src/agentsentinel/dashboard/built
RUN pip install --no-deps --no-build-isolation ./packages/core ./packages/server

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="AgentSentinel" \
      org.opencontainers.image.description="One Trust Score for every AI agent, with its reasons" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /app --shell /usr/sbin/nologin agentsentinel \
    && install -d -o agentsentinel -g agentsentinel -m 0700 /run/secrets
COPY --from=build /opt/agentsentinel /opt/agentsentinel
# For `alembic upgrade head`.
COPY alembic.ini /app/
ENV PATH=/opt/agentsentinel/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["agentsentinel", "api", "--host", "0.0.0.0", "--port", "8000"]
