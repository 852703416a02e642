#!/usr/bin/env bash
# Nightly: one dump of everything, checked by listing it, kept for 35 days. Run as a user who may read the whole database.
# usage: backup.sh DATABASE_URL FOLDER
set -euo pipefail
umask 077
url=$1 folder=$2
file="$folder/boutique-$(date -u +%Y%m%dT%H%M%SZ).dump"
pg_dump --format=custom --no-password --file="$file.part" "$url"
pg_restore --list "$file.part" | grep -q 'TABLE DATA public payments_ledgerline'
mv "$file.part" "$file"
find "$folder" -name 'boutique-*.dump' -mtime +35 -delete
echo "$file"
