#!/usr/bin/env bash
# Makes a self-signed certificate for the first steps: nginx/certs/server.crt and server.key, valid for 365 days.
# Names of yours: ./nginx/generate-certs.sh sentinel.example.com 192.0.2.10
# With a certificate of your own, put it in the place of these two files and restart nginx.
set -euo pipefail
cd "$(dirname "$0")"
command -v openssl >/dev/null || { echo "openssl is missing: install it (Debian, Ubuntu: apt install openssl)" >&2; exit 1; }
folder="${CERTS_DIR:-certs}"
if [ -e "$folder/server.key" ]; then
    echo "$folder/server.key is there already; to replace it, delete it first" >&2
    exit 1
fi
for name in "$@"; do
    [[ "$name" =~ ^[A-Za-z0-9:.*-]+$ && "$name" != -* ]] || { echo "usage: $0 [NAME OR ADDRESS ...]   # not: $name" >&2; exit 2; }
done
names="DNS:localhost,DNS:agentsentinel.local,IP:127.0.0.1,IP:::1"
for name in "$@"; do
    if [[ "$name" =~ ^[0-9.]+$ || "$name" == *:* ]]; then names+=",IP:$name"; else names+=",DNS:$name"; fi
done
mkdir -p "$folder"
umask 077
openssl req -x509 -newkey rsa:2048 -sha256 -nodes -days 365 -subj "/CN=${1:-localhost}" \
    -addext "subjectAltName=$names" -addext "extendedKeyUsage=serverAuth" -addext "keyUsage=critical,digitalSignature" \
    -keyout "$folder/server.key" -out "$folder/server.crt" 2>"$folder/openssl.log" || { cat "$folder/openssl.log" >&2; exit 1; }
rm -f "$folder/openssl.log"
chmod 644 "$folder/server.crt"
echo "$(cd "$folder" && pwd)/server.crt"
echo "  names $names"
echo "  clients trust it with SENTINEL_CA_FILE=$(cd "$folder" && pwd)/server.crt"
